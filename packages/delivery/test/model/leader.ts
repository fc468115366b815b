import { type ArmedFault, createFaultPoints, startFaultProxy } from "@cotal/harness";
import type { Quota } from "../../src/core/quota.ts";
import type { Shard } from "../../src/shard.ts";
import { createLeading } from "./leading.ts";
import type { Member } from "./member.ts";
import type { World } from "./world.ts";

/** What can be asked of the leader of a shard, also from another process. */
export interface Orders extends Pick<Shard, "join" | "leave" | "attach" | "narrow" | "settle" | "retire"> {
  memberships(
    owner: Parameters<Shard["memberships"]>[0],
  ): ReturnType<Shard["memberships"]> | Promise<ReturnType<Shard["memberships"]>>;
}

/** Wherever a process is at the moment. */
export const anywhere = "anywhere";

/** A place at which a leader stops, and whether it goes on when another leads. */
export interface TrapOrder {
  readonly point: string;
  readonly wakes: boolean;
}

/** A delivery daemon without a lease, which leads all shards from its beginning on, whoever else does; or several with one. */
export interface Leader {
  /** Failures that nothing done to it explains. */
  readonly complaints: readonly string[];
  begin(): void;
  /** The shard as its services see it, as soon as it is ready. */
  shard(number: number): Promise<Orders>;
  /** How far this shard is served; 0 while it is not led. */
  position(number: number): Promise<number>;
  /** Nobody else answers when it stops. */
  readonly isAlone: boolean;
  /** From now on it stops where it passes this point; when it is let go, it goes on, if it still can. */
  arm(order: TrapOrder): ArmedFault;
  /** Dials at once, however long it would have waited. */
  redial(): void;
  /** Its connection breaks; it makes another and leads on. */
  cut(): void;
  /** Nothing that it still does gets anywhere. */
  kill(): Promise<void>;
  /** Nothing that was ordered before is done any more. */
  silence(): Promise<void>;
  /** Another leads now, so it is right that this one fails. */
  excuse(): void;
  /** Resolves when nothing of it goes on. */
  stop(): Promise<void>;
}

export interface LeaderUse {
  readonly quota: Quota;
  /** Who may have orders for it. */
  readonly members: readonly Member[];
}

export type StartLeader = (world: World, use: LeaderUse) => Promise<Leader>;

/** In this process, where it can be held at any point and go on later. */
export const startLeader: StartLeader = async (world, { quota }) => {
  const { fixture, ingest, nextNumber: nextEpoch } = world;
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const proxy = await startFaultProxy({ targetPort: fixture.broker.port });
  const faults = createFaultPoints();
  const complaints: string[] = [];
  const url = `nats://127.0.0.1:${proxy.port}`;
  const onComplaint = (what: string): void => void complaints.push(what);
  const leading = createLeading({ url, minted, ingest, quota, faults, nextEpoch, onComplaint });
  const { begin, shard, redial, excuse } = leading;
  const kill = async (): Promise<void> => {
    excuse();
    await proxy.refuse();
    proxy.cut();
  };
  return {
    complaints,
    isAlone: true,
    begin,
    shard,
    position: async (number) => leading.position(number),
    arm: ({ point }) => faults.arm(point, { kind: "hold" }),
    cut: () => proxy.cut(),
    kill,
    silence: kill,
    redial,
    excuse,
    stop: async () => {
      await leading.stop();
      await proxy[Symbol.asyncDispose]();
    },
  };
};
