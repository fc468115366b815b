import type { Comparison, OpenRow, Row, Size } from "../row.ts";
import type { SpaceKind } from "../space/bench-space.ts";
import { opened } from "../space/opened.ts";
import { openPair, type Ways } from "../space/pair.ts";
import { latencyUs, throughput, warmUp } from "../space/way.ts";
import { openLiveWays } from "./live-ways.ts";

/** One peer posts, another that has joined the channel gets it. */
export const liveLatency: Row = {
  id: "B1",
  title: "live posts, latency",
  suite: "live",
  open: (size) => openBoth(size, (kind, ways) => [latency(ways, { kind, size })]),
};

export const liveThroughput: Row = {
  id: "B2",
  title: "live posts, throughput",
  suite: "live",
  open: (size) =>
    openBoth(size, (kind, ways) => [1, 100].map((inFlight) => rate(ways, { kind, size, inFlight }))),
};

/** In a space without signatures and in one with. */
function openBoth(size: Size, compare: (kind: SpaceKind, ways: Ways) => Comparison[]): Promise<OpenRow> {
  return opened(async (scope) => {
    const pairs = {
      open: await openPair(scope, "open"),
      authenticated: await openPair(scope, "authenticated"),
    };
    const open = await openLiveWays(pairs.open);
    const authenticated = await openLiveWays(pairs.authenticated);
    if (size === "full") await warmUp(open.ours, open.raw, authenticated.ours, authenticated.raw);
    return {
      comparisons: [...compare("open", open), ...compare("authenticated", authenticated)],
      processes: [...pairs.open.processes, ...pairs.authenticated.processes],
    };
  });
}

interface Workload {
  readonly kind: SpaceKind;
  readonly size: Size;
}

const rawTitle = "`js.publish` to a core subscription";
const signatures = { open: "off", authenticated: "on" } as const;

function latency({ ours, raw }: Ways, { kind, size }: Workload): Comparison {
  const load = { count: size === "smoke" ? 50 : 1_000, perSecond: 500 };
  return {
    title: `p50 at 500/s, signatures ${signatures[kind]}`,
    rawTitle,
    unit: "µs",
    better: "lower",
    ...(kind === "open" ? { gate: 1.2, aim: "1.08" } : { gate: 2.5, aim: "2.0" }),
    ours: () => latencyUs(ours, load),
    raw: () => latencyUs(raw, load),
  };
}

function rate(
  { ours, raw }: Ways,
  { kind, size, inFlight }: Workload & { readonly inFlight: number },
): Comparison {
  const load = { count: size === "smoke" ? 200 : inFlight === 1 ? 1_000 : 5_000, inFlight };
  const targets = inFlight === 1 ? { gate: 0.8, aim: "0.9" } : { gate: 0.85, aim: "0.95" };
  return {
    title: `${inFlight} in flight, signatures ${signatures[kind]}`,
    rawTitle,
    unit: "1/s",
    better: "higher",
    ...(kind === "open" ? targets : { gate: 0.5, aim: "0.65" }),
    ours: () => throughput(ours, load),
    raw: () => throughput(raw, load),
  };
}
