import { createFaultPoints, openLink, startFaultProxy, type TestFaultPoints } from "@cotal/harness";
import { brokerError, type Capability, type Session, systemClock } from "@cotal/session";
import type { Quota } from "../../src/core/quota.ts";
import { createKnowledge } from "../../src/knowledge.ts";
import type { Shard } from "../../src/shard.ts";
import { createShardLeader, type ShardLeader } from "../../src/shard-leader.ts";
import { createSeat, type Seat } from "./seat.ts";
import { shardNumbers, shards, space, type World } from "./world.ts";

/** A delivery daemon without a lease: it leads all shards from its beginning on, whoever else does. */
export interface Leader {
  readonly faults: TestFaultPoints;
  /** Failures that nothing done to it explains. */
  readonly complaints: readonly string[];
  begin(): void;
  /** The shard as its services see it, as soon as it is ready. */
  shard(number: number): Promise<Shard>;
  /** How far this shard is served; 0 while it is not led. */
  position(number: number): number;
  /** Its connection breaks; it makes another and leads on. */
  cut(): void;
  /** Nothing that it still does gets anywhere, as if it were dead. */
  kill(): Promise<void>;
  /** Another leads now, so it is right that this one fails. */
  excuse(): void;
  /** Resolves when nothing of it goes on. */
  stop(): Promise<void>;
}

export async function startLeader(world: World, quota: Quota): Promise<Leader> {
  const { fixture, ingest } = world;
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const proxy = await startFaultProxy({ targetPort: fixture.broker.port });
  const faults = createFaultPoints();
  const seats = new Map(shardNumbers.map((shard) => [shard, createSeat()]));
  const knowledge = createKnowledge({ space, id: minted.id, clock: systemClock, ingest });
  const complaints: string[] = [];
  let isExcused = false;
  let leader: ShardLeader | undefined;

  const keep = async (session: Session, shard: number, seat: Seat): Promise<void> => {
    // A lease would refuse it: whoever was followed does not begin above its successor.
    if (isExcused) return;
    const epoch = world.nextNumber();
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
      if (!isExcused) complaints.push(`shard ${shard} fails: ${told(error)}`);
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
  const link = openLink(`nats://127.0.0.1:${proxy.port}`, {
    as: minted,
    faults,
    capabilities: [capability],
  });

  return {
    faults,
    complaints,
    begin: () => {
      link.start({ retryFirst: true }).catch((error) => {
        if (!isExcused) complaints.push(`it does not begin: ${told(error)}`);
      });
    },
    shard: (number) => seats.get(number)?.shard() ?? Promise.reject(new Error(`there is no shard ${number}`)),
    position: (number) => leader?.stats().get(number)?.position ?? 0,
    cut: () => proxy.cut(),
    kill: async () => {
      isExcused = true;
      await proxy.refuse();
      proxy.cut();
    },
    excuse: () => {
      isExcused = true;
    },
    stop: async () => {
      isExcused = true;
      await link.stop();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function told(error: unknown): string {
  const { code, message } = brokerError(error);
  return `${code}: ${message}`;
}
