import { createEngine, type Engine, type EngineEvent, serveMetrics } from "@cotal/delivery";
import { createLink, type Log, noFaultPoints, sleep, systemClock } from "@cotal/session";
import type { CotalError, OwnerId } from "@cotal/subjects";
import { ingestSecret, mint } from "@cotal/trust";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { programVersion } from "../program-version.ts";
import { isEntered } from "./daemon.ts";
import { createFeedHost, type FeedHost } from "./feed-host.ts";
import { serviceIdentity } from "./service-identity.ts";

export interface DaemonOrder {
  readonly mesh: RunningMesh;
  readonly standby: boolean;
  /** Which daemon this is. */
  readonly holder: string;
  /** All, unless some are named. */
  readonly shards?: readonly number[] | undefined;
  /** On which metrics are served, on this machine alone. */
  readonly metricsPort?: number | undefined;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: EngineEvent) => void;
}

/** Delivers until it is told to end. Rejects when it cannot go on: another leads, or nobody lets it in. */
export async function runDaemon(order: DaemonOrder): Promise<void> {
  const { mesh, metricsPort, log, signal } = order;
  const over = new AbortController();
  const feed = createFeedHost(mesh, log);
  const { id, credentials, dial } = serviceIdentity((seed) =>
    mint(mesh.space, { profile: "delivery", name: "delivery", ...seed }, systemClock.now()),
  );
  const engine = engineOf(order, { id, feed, onRefused: (error) => over.abort(error) });
  const { report } = engine;
  await using metrics =
    metricsPort === undefined ? undefined : await serveMetrics({ port: metricsPort, report });
  if (metrics) log({ level: "info", event: "metrics.served", fields: { url: metrics.url } });
  await using link = createLink({
    clock: systemClock,
    log,
    faults: noFaultPoints,
    credentials,
    capabilities: [engine],
    dial: { ...mesh.dial, name: "cotal delivery", ...dial },
    onState: (state) => {
      if (state.kind === "stopped" && state.failure) over.abort(state.failure.error);
    },
  });
  void link.start({ retryFirst: true }).catch((error) => over.abort(error));
  const ended = AbortSignal.any([signal, over.signal]);
  while (!ended.aborted && (await isEntered(mesh.files))) {
    await Promise.allSettled([sleep(systemClock, lookMs, ended)]);
  }
  await feed.stop();
  if (over.signal.aborted && !signal.aborted) throw over.signal.reason;
}

interface EngineParts {
  readonly id: OwnerId;
  readonly feed: FeedHost;
  /** Nothing is left that could be led. */
  readonly onRefused: (error: CotalError) => void;
}

function engineOf({ mesh, standby, holder, shards, onEvent }: DaemonOrder, parts: EngineParts): Engine {
  const { id, feed, onRefused } = parts;
  const engine = createEngine({
    space: mesh.settings.space,
    self: { id, name: "delivery" },
    version: programVersion(),
    standby,
    holder,
    shards,
    ingest: (resource) => ingestSecret(mesh.space, resource),
    onEvent: (event) => {
      onEvent(event);
      if (event.shard === 0 && event.kind === "leads") feed.start();
      if (event.shard === 0 && event.kind === "lost") void feed.stop();
      const isLeft = engine.report().some(({ state }) => state !== "refused");
      if (event.kind === "refused" && !isLeft) onRefused(event.error);
    },
  });
  return engine;
}

const lookMs = 2_000;
