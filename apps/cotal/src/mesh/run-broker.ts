import { resolve } from "node:path";
import {
  attachBroker,
  type Broker,
  laptopDurability,
  laptopLimits,
  locateBroker,
  readBrokerRecord,
  startBroker,
} from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import { fromSource } from "../from-source.ts";
import type { Host } from "../host.ts";
import { operatorMode } from "./keys.ts";
import type { Mesh } from "./mesh.ts";

export interface RunningBroker {
  readonly broker: Broker;
  /** Whether it was started by this call. */
  readonly started: boolean;
}

export interface RunOptions {
  readonly host: Host;
  /** The nats-server that the user names. */
  readonly explicit: string | undefined;
}

/** The broker of the mesh: the one that runs, or a new one on the port that it had. */
export async function runBroker(mesh: Mesh, { host, explicit }: RunOptions): Promise<RunningBroker> {
  const { files } = mesh;
  const signal = host.interrupted;
  const state = await readBrokerRecord(files.broker);
  if (state.kind === "running")
    return { broker: await attachBroker(files.broker, { signal, timeoutMs: answerMs }), started: false };
  const known = state.kind === "stale" ? state.record.port : undefined;
  const broker = await start(mesh, { host, explicit }, mesh.settings.port ?? known);
  return { broker, started: true };
}

/** One that runs answers at once, unless it still reads its store. */
const answerMs = 10_000;

async function start(mesh: Mesh, { host, explicit }: RunOptions, port: number | undefined): Promise<Broker> {
  const { files, settings } = mesh;
  const binary = await locateBroker({
    explicit: explicit && resolve(host.folder, explicit),
    searchPath: host.env.PATH,
    first: fromSource ? "shipped" : "installed",
  });
  const options = {
    binary,
    folder: files.broker,
    durability: settings.sync === "always" ? ({ kind: "fsync-each" } as const) : laptopDurability,
    limits: { fileBytes: Math.max(laptopLimits.fileBytes, settings.storageBytes) },
    operator: settings.mode === "auth" ? operatorMode(mesh) : undefined,
    ...(settings.host !== undefined && { host: settings.host }),
    ...(settings.tls !== undefined && { tls: settings.tls }),
    signal: host.interrupted,
  };
  try {
    return await startBroker({ ...options, port: port ?? "free" });
  } catch (error) {
    const lost = error instanceof CotalError && error.code === "port-taken" && settings.port === undefined;
    if (!lost) throw error;
    // Nobody asked for the port that it had; another program has it now.
    return await startBroker({ ...options, port: "free" });
  }
}
