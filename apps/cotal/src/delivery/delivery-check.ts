import type { ShardReport } from "@cotal/delivery";
import { CotalError } from "@cotal/subjects";
import { type Check, failed, okay, warning } from "../mesh/check.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { At } from "../mesh/peers.ts";
import { restartDaemons } from "../mesh/release-warnings.ts";
import { isThisRelease, releaseText, thisRelease } from "../release.ts";
import { askShards, isServed, type ShardSight } from "./ask-shards.ts";
import { type Daemon, listDaemons } from "./daemon.ts";

/** How delivery to members that are away is: what its leaders answer, and the processes of this host. */
export interface DeliveryFacts {
  readonly shards: readonly ShardFacts[];
  readonly daemons: readonly (Daemon & { readonly process: "running" | "exited" })[];
}

export type ShardFacts =
  | ShardReport
  /** `code`: why it did not tell. */
  | { readonly shard: number; readonly state: "no-leader" | "unknown"; readonly code?: string };

export interface ProbedDelivery {
  readonly facts: DeliveryFacts;
  readonly check: Check;
}

export async function probeDelivery(mesh: Mesh, at: At): Promise<ProbedDelivery> {
  const sights = await askShards(mesh, at);
  const { running, ended } = await listDaemons(mesh.files);
  const daemons = [
    ...running.map((daemon) => ({ ...daemon, process: "running" as const })),
    ...ended.map((daemon) => ({ ...daemon, process: "exited" as const })),
  ];
  const facts = { shards: sights.map(factsOf), daemons };
  return { facts, check: checkOf(sights, processesIn(daemons)) };
}

function factsOf(sight: ShardSight): ShardFacts {
  const { kind, shard } = sight;
  if (kind === "led") return sight.report;
  if (kind === "silent") return { shard, state: "no-leader" };
  return { shard, state: "unknown", code: sight.error.code };
}

function checkOf(sights: readonly ShardSight[], processes: string): Check {
  const unserved = sights.filter((sight) => !isServed(sight));
  const served = `${sights.length} shards are served, ${processes}`;
  const foreign = sights.flatMap((sight) =>
    sight.kind === "led" && !isThisRelease(sight.report) ? [sight] : [],
  );
  if (unserved.length === 0 && foreign.length > 0) {
    const by = foreign.map(({ shard, report }) => `shard ${shard} by ${releaseText(report)}`).join(", ");
    return warning("delivery", `${served}: ${by}; this is ${releaseText(thisRelease())}`, restartDaemons);
  }
  if (unserved.length === 0) return okay("delivery", served);
  const what = unserved.map((sight) => `shard ${sight.shard} ${wordsOf(sight)}`).join("; ");
  return failed(
    "delivery",
    new CotalError("delivery-unavailable", `${what}; ${processes}`, { hint: "cotal up" }),
  );
}

function wordsOf(sight: ShardSight): string {
  if (sight.kind === "led") return `is ${sight.report.state}`;
  return sight.kind === "silent" ? "has no leader" : `does not tell (${sight.error.code})`;
}

function processesIn(daemons: DeliveryFacts["daemons"]): string {
  if (daemons.length === 0) return "no daemon on this host";
  return daemons.map(({ pid, process }) => `process ${pid} ${process}`).join(", ");
}
