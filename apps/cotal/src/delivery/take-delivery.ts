import { isRunning } from "@cotal/broker";
import { sleep, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { endOfLog } from "../home/file-log.ts";
import type { Host } from "../host.ts";
import { type CallGround, withCallSession } from "../mesh/call-session.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { Taken } from "../mesh/part.ts";
import type { At } from "../mesh/peers.ts";
import { type LaunchedProcess, launch } from "../process/launch.ts";
import { askAll, isServed, type ShardSight } from "./ask-shards.ts";
import { forgetDaemon, listDaemons, logOf } from "./daemon.ts";
import { stopDaemon } from "./stop-daemons.ts";

export interface DeliveryOrder {
  readonly host: Host;
  readonly at: At;
}

/**
 * Sees to it that every shard is served. A daemon is started when none runs, or the one that runs does not get
 * there: the new one waits for what is still led, and takes over what is not. Resolves when all is ready.
 */
export async function takeDelivery(mesh: Mesh, { host, at }: DeliveryOrder): Promise<Taken<undefined>> {
  const how = await withCallSession(mesh, { ...at, profile: "operator" }, async (on) => {
    const look: Look = { mesh, on, signal: at.signal };
    if (await servedIn(look, { withinMs: 0 })) return "was running";
    const { running, ended } = await listDaemons(mesh.files);
    for (const daemon of ended) await forgetDaemon(mesh.files, daemon);
    if (running.length > 0 && (await servedIn(look, { withinMs: slackMs }))) return "was running";
    await startOne(look, host);
    return "started";
  });
  const { shards } = mesh.settings;
  return { value: undefined, evidence: `${how}: ${shards} shards are served, ${await processesOf(mesh)}` };
}

/** So long may one that runs already be on its way. */
const slackMs = 10_000;
/** Also when a daemon was killed and nobody may take its place before its lease is stale. */
const readyMs = 60_000;
const pollMs = 25;
const shownLines = 10;

interface Look {
  readonly mesh: Mesh;
  readonly on: CallGround;
  readonly signal: AbortSignal;
}

async function startOne(look: Look, host: Host): Promise<void> {
  const { mesh, signal } = look;
  const log = logOf(mesh.files);
  const words = ["deliver", "--standby", "--json", "--quiet"];
  const { process: started, tell } = await launch(host, { words, log, mesh: mesh.files.folder });
  tell("");
  if (started === undefined) throw await daemonEnded(mesh);
  try {
    if (await servedIn(look, { withinMs: readyMs, by: started })) return;
  } catch (error) {
    // Nobody is told of it any more: it must not outlive the call.
    if (signal.aborted) await stopDaemon(mesh.files, started, host.forced);
    throw error;
  }
  throw isRunning(started) ? notReady(started, readyMs) : await daemonEnded(mesh);
}

interface Patience {
  readonly withinMs: number;
  /** When this process has ended there is nothing to wait for. */
  readonly by?: LaunchedProcess;
}

async function servedIn({ mesh, on, signal }: Look, { withinMs, by }: Patience): Promise<boolean> {
  const until = systemClock.uptime() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const sights: readonly ShardSight[] = await askAll(mesh, on);
    if (sights.every(isServed)) return true;
    if (systemClock.uptime() >= until || (by !== undefined && !isRunning(by))) return false;
    await sleep(systemClock, pollMs, signal);
  }
}

async function processesOf({ files }: Mesh): Promise<string> {
  const { running } = await listDaemons(files);
  return running.length === 0 ? "by another host" : `pid ${running.map(({ pid }) => pid).join(", ")}`;
}

async function daemonEnded({ files }: Mesh): Promise<CotalError> {
  const path = logOf(files);
  return new CotalError("daemon-ended", "the delivery daemon has ended", {
    hint: `its log says why: ${path}`,
    data: { log: await endOfLog(path, shownLines) },
  });
}

function notReady({ pid }: LaunchedProcess, timeoutMs: number): CotalError {
  return new CotalError(
    "daemon-not-ready",
    `the delivery daemon, process ${pid}, does not serve every shard yet`,
    { hint: "it is left running: see cotal status", data: { pid, timeoutMs } },
  );
}
