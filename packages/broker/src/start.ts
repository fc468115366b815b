import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { CotalError, quoted } from "@cotal/subjects";
import { type Broker, brokerOf } from "./broker.ts";
import {
  type BrokerConfig,
  type BrokerConfigOptions,
  brokerFiles,
  loopbackHost,
  renderBrokerConfig,
  resolveBrokerConfig,
} from "./config.ts";
import type { BrokerBinary } from "./executable.ts";
import { checkVersion } from "./exposure.ts";
import { type Launch, launch } from "./launch.ts";
import { logTail } from "./log-tail.ts";
import { awaitReady } from "./readiness.ts";
import { type BrokerRecord, type Claim, claimFolder } from "./record.ts";
import { stopProcess } from "./stop.ts";
import { checkTlsFiles } from "./tls.ts";

export interface StartOptions extends BrokerConfigOptions {
  readonly binary: BrokerBinary;
  /** A large store takes its time to be read. */
  readonly startTimeoutMs?: number;
  /** Aborting before it is ready ends what has been started. */
  readonly signal?: AbortSignal;
}

/** Starts the one broker of a folder; resolves when it answers. It outlives the caller. */
export async function startBroker(options: StartOptions): Promise<Broker> {
  const { binary, startTimeoutMs = 30_000, signal } = options;
  const config = resolveBrokerConfig(options);
  const { folder, durability, host, tls } = config;
  checkVersion(host, binary.version);
  if (tls !== undefined) await checkTlsFiles(tls, Date.now());
  signal?.throwIfAborted();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const launched = await launch(binary.path, brokerFiles(folder));
  const record: BrokerRecord = {
    v: 1,
    ...launched.identity,
    binary: binary.path,
    durability,
    caFile: tls?.caFile,
  };
  const claim = await prepare(config, record).catch(async (error: unknown) => {
    launched.abandon();
    await launched.exit();
    throw error;
  });
  launched.go();
  try {
    const ready = await awaitReady(folder, record, { timeoutMs: startTimeoutMs, signal });
    if (ready === "ended") throw await death(config, launched);
    if (ready === "late") throw await lateness(folder, startTimeoutMs);
    await claim.update({ ...record, port: ready.port });
    return brokerOf({ folder, record, ready, exit: launched.exit });
  } catch (error) {
    await stopProcess(record);
    throw error;
  }
}

/** Only the holder of the folder writes into it. */
async function prepare(config: BrokerConfig, record: BrokerRecord): Promise<Claim> {
  const { folder } = config;
  const claim = await claimFolder(folder, record);
  const left = (await readdir(folder)).filter((name) => name.endsWith(".ports"));
  for (const name of left) await rm(`${folder}/${name}`, { force: true });
  await writeFile(brokerFiles(folder).config, renderBrokerConfig(config), { mode: 0o600 });
  return claim;
}

async function death(config: BrokerConfig, launched: Launch): Promise<CotalError> {
  const { host, port, monitoring, folder } = config;
  for (const wanted of [
    { host, port },
    { host: loopbackHost, port: monitoring },
  ]) {
    if (await isTaken(wanted)) return portTaken(wanted);
  }
  const [cause, log] = [await launched.exit(), await logTail(brokerFiles(folder))];
  return new CotalError(
    "broker-died",
    `nats-server ended before it was ready: ${log.at(-1) ?? "it said nothing"}`,
    {
      hint: `read ${quoted(brokerFiles(folder).log)}`,
      data: { folder, cause, log },
    },
  );
}

interface Wanted {
  readonly host: string;
  readonly port: BrokerConfig["monitoring"];
}

/** Asks the system itself rather than the wording of the server's log. */
async function isTaken({ host, port }: Wanted): Promise<boolean> {
  if (typeof port !== "number") return false;
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

function portTaken({ host, port }: Wanted): CotalError {
  return new CotalError("port-taken", `port ${port} of ${host} is used by another program`, {
    hint: "name another port, or leave the choice to the broker",
    data: { port, host },
  });
}

async function lateness(folder: string, startTimeoutMs: number): Promise<CotalError> {
  const log = await logTail(brokerFiles(folder));
  return new CotalError("broker-not-ready", `nats-server was not ready within ${startTimeoutMs} ms`, {
    hint: "a large store or a busy machine takes longer; allow more time",
    data: { folder, log },
  });
}
