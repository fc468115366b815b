import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Scope } from "@cotal/session";
import { parseTicks } from "../cpu.ts";
import type { Comparison, Row } from "../row.ts";
import { type SpaceKind, startBenchSpace } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { startHerds } from "./herds.ts";

/** What peers cost the broker when nobody says anything. */
export const idle: Row = {
  id: "B14",
  title: "idle",
  suite: "idle",
  rounds: 3,
  open: (size) =>
    opened(async (scope) => {
      const [few, many, windowMs] = size === "full" ? [50, 1_000, 20_000] : [4, 8, 1_500];
      const open = await peersIn(scope, "open", few);
      const closed = await peersIn(scope, "authenticated", few);
      const crowd = await peersIn(scope, "authenticated", many);
      const bare = await bareClients(scope, few);
      const used = (broker: IdleBroker): Promise<number> => cpuOf(broker.pid, windowMs);
      const usedByEach = async (broker: IdleBroker, peers: number): Promise<number> =>
        (await used(broker)) / peers;
      const comparisons: readonly Comparison[] = [
        { ...ofACore, ...gated, title: `${few} peers, open space`, ours: () => used(open) },
        { ...ofACore, ...gated, title: `${few} peers with credentials`, ours: () => used(closed) },
        {
          title: `each of ${many} peers`,
          rawTitle: `each of ${few} peers`,
          unit: "ms/s",
          better: "lower",
          aim: "1",
          ours: () => usedByEach(crowd, many),
          raw: () => usedByEach(closed, few),
        },
        { ...ofACore, title: `${few} bare connections`, ours: () => used(bare) },
      ];
      return { comparisons, processes: [open, closed, crowd, bare].flatMap(({ processes }) => processes) };
    }),
};

/** What the broker works for them, in ms of CPU for each second. */
const ofACore = { rawTitle: "a whole core", unit: "ms/s", better: "lower", raw: () => 1_000 } as const;
const gated = { gate: 0.03, aim: "flat for each peer" } as const;

interface IdleBroker {
  readonly pid: number;
  /** With those of its clients. */
  readonly processes: readonly number[];
}

async function peersIn(scope: Scope, kind: SpaceKind, count: number): Promise<IdleBroker> {
  const space = use(scope, await startBenchSpace(kind));
  const herds = use(scope, await startHerds(count));
  const names = Array.from({ length: count }, (_, at) => `peer-${at}`);
  const since = Date.now();
  await herds.gather((await space.provisionAll(names)).map(({ options }) => options));
  await herds.complete({ peers: count, since });
  return { pid: space.pid, processes: [space.pid, ...herds.pids] };
}

async function bareClients(scope: Scope, count: number): Promise<IdleBroker> {
  const space = use(scope, await startBenchSpace("authenticated"));
  const herds = use(scope, await startHerds(count));
  await herds.gatherRaw(space.raw, count);
  return { pid: space.pid, processes: [space.pid, ...herds.pids] };
}

/** The kernel counts in hundredths of a second. */
const msPerTick = 10;

async function cpuOf(pid: number, windowMs: number): Promise<number> {
  const ticks = (): number => parseTicks(readFileSync(`/proc/${pid}/stat`, "utf8"));
  const [before, at] = [ticks(), performance.now()];
  await pause(windowMs);
  return ((ticks() - before) * msPerTick) / ((performance.now() - at) / 1_000);
}
