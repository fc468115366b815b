import { type ArmedFault, createFaultPoints, startFaultProxy } from "@cotal/harness";
import type { Quota } from "../../src/core/quota.ts";
import type { Shard } from "../../src/shard.ts";
import { createLeading } from "./leading.ts";
import type { World } from "./world.ts";

/** What can be asked of the leader of a shard, also from another process. */
export interface Orders extends Pick<Shard, "join" | "leave" | "attach" | "narrow" | "settle" | "retire"> {
  memberships(
    owner: Parameters<Shard["memberships"]>[0],
  ): ReturnType<Shard["memberships"]> | Promise<ReturnType<Shard["memberships"]>>;
}

/** A delivery daemon without a lease: it leads all shards from its beginning on, whoever else does. */
export interface Leader {
  /** Failures that nothing done to it explains. */
  readonly complaints: readonly string[];
  begin(): void;
  /** The shard as its services see it, as soon as it is ready. */
  shard(number: number): Promise<Orders>;
  /** How far this shard is served; 0 while it is not led. */
  position(number: number): Promise<number>;
  /** From now on it stops where it passes this point; when it is let go, it goes on, if it still can. */
  arm(point: string): ArmedFault;
  /** Dials at once, however long it would have waited. */
  redial(): void;
  /** Its connection breaks; it makes another and leads on. */
  cut(): void;
  /** Nothing that it still does gets anywhere. */
  kill(): Promise<void>;
  /** Another leads now, so it is right that this one fails. */
  excuse(): void;
  /** Resolves when nothing of it goes on. */
  stop(): Promise<void>;
}

export type StartLeader = (world: World, quota: Quota) => Promise<Leader>;

/** In this process, where it can be held at any point and go on later. */
export const startLeader: StartLeader = async (world, quota) => {
  const { fixture, ingest, nextNumber: nextEpoch } = world;
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const proxy = await startFaultProxy({ targetPort: fixture.broker.port });
  const faults = createFaultPoints();
  const complaints: string[] = [];
  const url = `nats://127.0.0.1:${proxy.port}`;
  const onComplaint = (what: string): void => void complaints.push(what);
  const leading = createLeading({ url, minted, ingest, quota, faults, nextEpoch, onComplaint });
  const { begin, shard, redial, excuse } = leading;
  return {
    complaints,
    begin,
    shard,
    position: async (number) => leading.position(number),
    arm: (point) => faults.arm(point, { kind: "hold" }),
    cut: () => proxy.cut(),
    kill: async () => {
      excuse();
      await proxy.refuse();
      proxy.cut();
    },
    redial,
    excuse,
    stop: async () => {
      await leading.stop();
      await proxy[Symbol.asyncDispose]();
    },
  };
};
