import { leaseRegistry, openRegistry } from "@cotal/registries";
import type { Capability, Health } from "@cotal/session";
import { bucketName } from "@cotal/subjects";
import { type EngineOptions, resolveEngineOptions, servedShards } from "./engine-options.ts";
import { createServedShard, type ServedShard, type ShardReport } from "./engine-shard.ts";
import { type LeadTools, leadShards } from "./engine-work.ts";
import { createKnowledge, type Knowledge } from "./knowledge.ts";
import { createShardLeader, type ShardLeader } from "./shard-leader.ts";

/** Delivers to members that were away what was posted meanwhile. A capability of one link. */
export interface Engine extends Capability {
  /** What it does about each shard that it is to serve; nothing before it was connected. */
  report(): readonly ShardReport[];
}

export function createEngine(options: EngineOptions): Engine {
  return assembleEngine(options, ({ session, settings, ...tools }) =>
    createShardLeader(session, { ...settings, ...tools, id: settings.self.id }),
  );
}

/** `prepare` makes what does the work of a leader, for all shards of one connection. */
export function assembleEngine(
  options: EngineOptions,
  prepare: (tools: Omit<LeadTools, "leader">) => Pick<ShardLeader, "lead" | "stats">,
): Engine {
  const settings = resolveEngineOptions(options);
  const { space, self, ingest } = settings;
  const served = new Map<number, ServedShard>();
  let knowledge: Knowledge | undefined;

  const report = (): readonly ShardReport[] => [...served.values()].map((shard) => shard.report);
  return {
    name: "delivery",
    required: true,
    attach: async (session) => {
      const { clock, log } = session;
      knowledge ??= createKnowledge({ space, id: self.id, clock, ingest });
      await knowledge.attach(session);
      const { shards } = knowledge.record();
      const tools = { session, settings, knowledge, shards };
      const leader = prepare(tools);
      for (const shard of servedShards(settings, shards)) {
        const one = served.get(shard) ?? createServedShard(shard, { clock, log, settings });
        served.set(shard, one);
        one.begin(() => leader.stats().get(shard));
      }
      const secret = ingest(bucketName(space, "lease"));
      const leases = await openRegistry(session, leaseRegistry, { space, id: self.id, secret });
      leadShards({ ...tools, leader }, { served, leases });
    },
    report,
    health: () => worstOf(report()),
  };
}

function worstOf(reports: readonly ShardReport[]): Health {
  const amiss = reports.find(({ state }) => state === "failed" || state === "refused");
  if (amiss) return { kind: "down", code: amiss.code ?? amiss.state, since: amiss.since };
  return { kind: "ok" };
}
