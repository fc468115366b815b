import { setTimeout as pause } from "node:timers/promises";
import type { FaultProxy } from "@cotal/harness";
import type { Mesh, Part } from "./mesh.ts";
import type { Peer } from "./peer.ts";
import type { Random } from "./random.ts";

export interface Stage {
  readonly mesh: Mesh;
  readonly peers: readonly [Peer, ...Peer[]];
  /** The way of each peer to the broker. */
  readonly roads: ReadonlyMap<Peer, FaultProxy>;
  readonly random: Random;
  readonly onBrokerKill: () => void;
  /** What the command said of a fault, and was not so. */
  readonly onLie: (text: string) => void;
}

type Fault = (stage: Stage) => Promise<void>;

/** What may happen to a mesh. Each mends what it has broken before it ends. */
export const faults = {
  "broker killed": (stage) => killed(stage, "broker"),
  "broker stands still": (stage) => paused(stage, "broker", 4_000),
  "delivery killed": (stage) => killed(stage, "delivery"),
  "delivery stands still": (stage) => paused(stage, "delivery", 8_000),
  "manager killed": (stage) => killed(stage, "manager"),
  "everything killed": async ({ mesh, onBrokerKill }) => {
    onBrokerKill();
    for (const part of ["broker", "delivery", "manager"] as const) await mesh.signal(part, "SIGKILL");
    await mesh.heal();
  },
  "peer killed": async ({ peers, random }) => {
    const peer = random.pick(peers);
    await peer.kill();
    await pause(random.below(2_000));
    await peer.start();
    await peer.ask("speak");
  },
  "peer stands still": async ({ peers, random }) => {
    const peer = random.pick(peers);
    peer.signal("SIGSTOP");
    await pause(random.below(4_000));
    peer.signal("SIGCONT");
  },
  "connection cut": (stage) => onRoad(stage, async (road) => road.cut()),
  "connection dead": (stage) =>
    onRoad(stage, async (road) => {
      road.halfOpen();
      await pause(stage.random.below(6_000));
      await road.heal();
    }),
  "connection refused": (stage) =>
    onRoad(stage, async (road) => {
      await road.refuse();
      road.cut();
      await pause(stage.random.below(3_000));
      await road.heal();
    }),
  "connection slow": (stage) =>
    onRoad(stage, async (road) => {
      road.setLatency(20 + stage.random.below(100));
      await pause(stage.random.below(2_000));
      road.setLatency(0);
    }),
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as [FaultName, ...FaultName[]];

/** A user who asks at that moment is told the truth, and `up` mends it. */
async function killed({ mesh, random, onLie, onBrokerKill }: Stage, part: Part): Promise<void> {
  if (part === "broker") onBrokerKill();
  await mesh.signal(part, "SIGKILL");
  if (random.below(3) === 0) {
    const { exitCode, checks } = await mesh.status();
    if (exitCode === 0 || checks[part] === "ok")
      onLie(`the ${part} was killed, and status says that all is well`);
  }
  await mesh.heal();
}

async function paused({ mesh, random }: Stage, part: Part, mostMs: number): Promise<void> {
  await mesh.signal(part, "SIGSTOP");
  await pause(random.below(mostMs));
  await mesh.signal(part, "SIGCONT");
}

async function onRoad(
  { peers, roads, random }: Stage,
  happen: (road: FaultProxy) => Promise<void>,
): Promise<void> {
  const road = roads.get(random.pick(peers));
  if (road) await happen(road);
}
