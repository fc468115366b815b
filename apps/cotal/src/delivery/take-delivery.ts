import { type CasRegistry, type LeaseRecord, leaseRegistry, openRegistry } from "@cotal/registries";
import { systemClock } from "@cotal/session";
import { CotalError, registryKey } from "@cotal/subjects";
import { endOfLog } from "../home/file-log.ts";
import type { Host } from "../host.ts";
import { type CallGround, withCallSession } from "../mesh/call-session.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { Taken } from "../mesh/part.ts";
import type { At } from "../mesh/peers.ts";
import type { LaunchedProcess, WaitingProcess } from "../process/launch.ts";
import { askAll, isServed, type ShardSight } from "./ask-shards.ts";
import { forgetDaemon, listDaemons, logOf } from "./daemon.ts";
import { launchDelivery } from "./launch-delivery.ts";
import { stopDaemon } from "./stop-daemons.ts";

export interface DeliveryOrder {
  readonly host: Host;
  readonly at: At;
  /** A daemon that waits at its start line, in case that one is needed. */
  readonly early: WaitingProcess | undefined;
}

/**
 * Sees to it that every shard is served. A daemon is started when none runs, or the one that runs does not get
 * there: the new one waits for what is still led, and takes over what is not. Resolves when all is ready.
 */
export async function takeDelivery(mesh: Mesh, order: DeliveryOrder): Promise<Taken<undefined>> {
  const { at } = order;
  const how = await withCallSession(mesh, { ...at, profile: "operator" }, async (on) => {
    const { space } = mesh.settings;
    const leases = await openRegistry(on.session, leaseRegistry, { space, id: on.id });
    const look: Look = { mesh, on, leases, signal: at.signal };
    if (await servedIn(look, { withinMs: 0 })) return "was running";
    const { running, ended } = await listDaemons(mesh.files);
    for (const daemon of ended) await forgetDaemon(mesh.files, daemon);
    if (running.length > 0 && (await servedIn(look, { withinMs: slackMs }))) return "was running";
    await startOne(look, order);
    return "started";
  });
  const { shards } = mesh.settings;
  return { value: undefined, evidence: `${how}: ${shards} shards are served, ${await processesOf(mesh)}` };
}

/** So long may one that runs already be on its way. */
const slackMs = 10_000;
/** Also when a daemon was killed and nobody may take its place before its lease is stale. */
const readyMs = 60_000;
/** A leader says in its lease that it serves; it is asked all the same, and also where no lease says anything. */
const lookMs = 250;
/** From its word in the lease to its answer there is a moment. */
const soonMs = 3;
const shownLines = 10;

interface Look {
  readonly mesh: Mesh;
  readonly on: CallGround;
  readonly leases: CasRegistry<LeaseRecord>;
  readonly signal: AbortSignal;
}

async function startOne(look: Look, { host, early }: DeliveryOrder): Promise<void> {
  const { mesh, signal } = look;
  const launched = early ?? (await launchDelivery(host, mesh.files));
  const { process: started, ended } = launched;
  launched.begin();
  if (started === undefined) throw await daemonEnded(mesh);
  try {
    if (await servedIn(look, { withinMs: readyMs, ended })) return;
  } catch (error) {
    // Nobody is told of it any more: it must not outlive the call.
    if (signal.aborted) await stopDaemon(mesh.files, started, host.forced);
    throw error;
  }
  throw ended.aborted ? await daemonEnded(mesh) : notReady(started, readyMs);
}

interface Patience {
  readonly withinMs: number;
  /** When this process has ended there is nothing to wait for. */
  readonly ended?: AbortSignal;
}

async function servedIn({ mesh, on, leases, signal }: Look, { withinMs, ended }: Patience): Promise<boolean> {
  const until = systemClock.uptime() + withinMs;
  const over = ended === undefined ? signal : AbortSignal.any([signal, ended]);
  for (;;) {
    signal.throwIfAborted();
    const seen = leases.revision;
    const sights: readonly ShardSight[] = await askAll(mesh, on);
    if (sights.every(isServed)) return true;
    if (systemClock.uptime() >= until || ended?.aborted === true) return false;
    const timeoutMs = isSaidToServe(mesh, leases) ? soonMs : lookMs;
    // That nothing has moved in time is no failure of who looks.
    await Promise.allSettled([leases.moved(seen, { timeoutMs, signal: over })]);
  }
}

function isSaidToServe({ settings }: Mesh, leases: CasRegistry<LeaseRecord>): boolean {
  return Array.from({ length: settings.shards }, (_, shard) =>
    leases.get(registryKey.deliveryLease(shard)),
  ).every((lookup) => lookup.kind === "found" && lookup.value.ready);
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
