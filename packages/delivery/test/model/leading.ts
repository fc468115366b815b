import { openLink, type TestFaultPoints } from "@cotal/harness";
import { brokerError, type Capability, type Session, systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import type { Quota } from "../../src/core/quota.ts";
import { createKnowledge } from "../../src/knowledge.ts";
import type { Shard } from "../../src/shard.ts";
import { createShardLeader, type ShardLeader } from "../../src/shard-leader.ts";
import { createSeat, type Seat } from "./seat.ts";
import { shardNumbers, shards, space } from "./world.ts";

export interface LeadingOptions {
  readonly url: string;
  readonly minted: Minted;
  readonly ingest: (resource: string) => Token;
  readonly quota: Quota;
  readonly faults: TestFaultPoints;
  /** Higher with each call, also than that of any leader before. */
  readonly nextEpoch: () => number;
  /** A failure that nothing done to it explains. */
  readonly onComplaint: (what: string) => void;
}

/** Leads all shards from its beginning on, without a lease, whoever else does. */
export interface Leading {
  begin(): void;
  /** The shard as its services see it, as soon as it is ready. */
  shard(number: number): Promise<Shard>;
  /** How far this shard is served; 0 while it is not led. */
  position(number: number): number;
  /** Dials at once, however long it would have waited. */
  redial(): void;
  /** Another leads now, so it is right that this one fails. */
  excuse(): void;
  stop(): Promise<void>;
}

export function createLeading(options: LeadingOptions): Leading {
  const { url, minted, ingest, quota, faults, nextEpoch, onComplaint } = options;
  const seats = new Map(shardNumbers.map((shard) => [shard, createSeat()]));
  const knowledge = createKnowledge({ space, id: minted.id, clock: systemClock, ingest });
  let isExcused = false;
  let leader: ShardLeader | undefined;

  const keep = async (session: Session, shard: number, seat: Seat): Promise<void> => {
    // A lease would refuse it: whoever was followed does not begin above its successor.
    if (isExcused) return;
    const epoch = nextEpoch();
    const { signal } = session.scope;
    const leadership = {
      shard,
      holder: `${minted.id}-${epoch}`,
      epoch,
      signal,
      ready: async () => seat.ready(),
    };
    try {
      await leader?.lead(leadership, async (served) => seat.take(served));
    } catch (error) {
      if (signal.aborted) return seat.leave();
      seat.fail(error);
      if (!isExcused) onComplaint(`shard ${shard} fails: ${told(error)}`);
    }
  };
  const capability: Capability = {
    name: "delivery",
    required: true,
    attach: async (session) => {
      await knowledge.attach(session);
      leader = createShardLeader(session, { space, id: minted.id, shards, ingest, knowledge, quota });
      for (const [shard, seat] of seats)
        session.scope.spawn(`shard ${shard}`, () => keep(session, shard, seat));
    },
    health: () => ({ kind: "ok" }),
  };
  const link = openLink(url, { as: minted, faults, capabilities: [capability] });

  return {
    begin: () => {
      link.start({ retryFirst: true }).catch((error) => {
        if (!isExcused) onComplaint(`it does not begin: ${told(error)}`);
      });
    },
    shard: (number) => seats.get(number)?.shard() ?? Promise.reject(new Error(`there is no shard ${number}`)),
    position: (number) => (link.session && leader?.stats().get(number)?.position) ?? 0,
    redial: () => {
      // When it fails, the link goes on by itself.
      void Promise.allSettled([link.reconnect()]);
    },
    excuse: () => {
      isExcused = true;
    },
    stop: async () => {
      isExcused = true;
      await link.stop();
    },
  };
}

function told(error: unknown): string {
  const { code, message } = brokerError(error);
  return `${code}: ${message}`;
}
