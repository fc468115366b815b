import type { IngestSecrets } from "@cotal/registries";
import { errorFields, type Session } from "@cotal/session";
import { type CotalError, type OwnerId, streamName, type Token } from "@cotal/subjects";
import { createChatReader } from "./chat-reader.ts";
import { type BatchLimits, batchLimits } from "./core/batch-plan.ts";
import { type Ageing, directAgeing } from "./core/day-marks.ts";
import { defaultQuota, type Quota } from "./core/quota.ts";
import type { Change, Knowledge } from "./knowledge.ts";
import type { Leadership } from "./leadership.ts";
import type { Shard } from "./shard.ts";
import { ShardActor } from "./shard-actor.ts";
import type { ShardPlace } from "./shard-place.ts";
import { newShardStats, type ShardStats } from "./shard-stats.ts";
import { takeOver } from "./take-over.ts";

export interface LeaderOptions {
  readonly space: Token;
  /** Of the credential of the daemon. */
  readonly id: OwnerId;
  /** How many shards the space has. */
  readonly shards: number;
  readonly ingest: IngestSecrets;
  /** Attached to the session. */
  readonly knowledge: Knowledge;
  readonly quota?: Quota;
  readonly batch?: BatchLimits;
  readonly directAgeing?: Ageing;
  /** Something is wrong that delivery goes on in spite of. */
  readonly onFault?: (shard: number, error: CotalError) => void;
}

/** Leads shards over one session; their posts are read once for all of them. */
export interface ShardLeader {
  /**
   * Takes a shard over, has it served, says ready, and works until the leadership ends. Rejects with `fenced`
   * when another leads, and with whatever it has failed with.
   */
  lead(leadership: Leadership, serve: (shard: Shard) => Promise<void>): Promise<void>;
  /** Of the shards that are led, or were. */
  stats(): ReadonlyMap<number, ShardStats>;
}

export function createShardLeader(session: Session, options: LeaderOptions): ShardLeader {
  const {
    space,
    id,
    shards,
    ingest,
    knowledge,
    quota = defaultQuota,
    batch = batchLimits,
    directAgeing: ageing = directAgeing,
    onFault = () => undefined,
  } = options;
  const reader = createChatReader(session, { space, id });
  const stats = new Map<number, ShardStats>();

  const placeOf = (shard: number): ShardPlace => {
    return { space, shard, shards, secret: ingest(streamName.delivery(space, shard)) };
  };

  return {
    stats: () => stats,
    lead: async (leadership, serve) => {
      const { shard, signal } = leadership;
      const own = newShardStats();
      stats.set(shard, own);
      const changes: Change[] = [];
      const stop = knowledge.on((change) => changes.push(change));
      const tell = (error: CotalError): void => {
        session.log({ level: "error", event: "delivery.fault", fields: { shard, ...errorFields(error) } });
        onFault(shard, error);
      };
      const over = new AbortController();
      const working = AbortSignal.any([signal, over.signal]);
      try {
        const place = placeOf(shard);
        const settings = { quota, directAgeing: ageing, deadSecret: ingest(streamName.dead(space)) };
        const deps = { session, place, knowledge, ...settings, stats: own, leadership, onFault: tell };
        const taken = await takeOver(deps);
        const actor = new ShardActor({ ...taken, reader, batch, signal: working, changes });
        const work = actor.run();
        stop();
        const beginning = serve(actor).then(() => leadership.ready());
        await Promise.race([work, beginning]).catch(async (error: unknown) => {
          over.abort(error);
          await work;
        });
        await work;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        stop();
      }
    },
  };
}
