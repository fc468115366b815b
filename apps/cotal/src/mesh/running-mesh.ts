import { attachBroker, type Broker } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import type { Host } from "../host.ts";
import type { CallSession } from "./call-session.ts";
import { type Mesh, openMesh } from "./mesh.ts";

/** The mesh of this user, and where its broker answers. */
export interface RunningMesh extends Mesh {
  readonly dial: CallSession["dial"];
}

/** `mesh-absent` when none was ever made, `broker-absent` when it does not run. */
export async function openRunningMesh(host: Host): Promise<RunningMesh> {
  const mesh = await openMesh(host);
  try {
    const broker = await attachBroker(mesh.files.broker, {
      signal: host.interrupted,
      timeoutMs: answerMs,
    });
    return { ...mesh, dial: dialOf(broker) };
  } catch (error) {
    throw asPossible(error);
  }
}

/** A broker that runs answers at once, unless it still reads its store. */
const answerMs = 10_000;

/** In place of the library's advice the command that follows it. */
export function asPossible(error: unknown): unknown {
  if (!(error instanceof CotalError) || error.code !== "broker-absent") return error;
  return new CotalError("broker-absent", "the mesh is not running", { hint: "cotal up", data: error.data });
}

/** How to reach a broker that runs. */
export function dialOf({ url, tls }: Pick<Broker, "url" | "tls">): CallSession["dial"] {
  return { servers: [url], ...(tls && { tls }) };
}
