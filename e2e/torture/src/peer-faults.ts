import type { FaultProxy } from "@cotal/harness";
import type { Random } from "./random.ts";
import { type Fault, rest, type Stage, withPeer } from "./stage.ts";

/** What may happen to peers, and on their way to the broker. */
export const peerFaults = {
  "peer killed": (stage, random) =>
    withPeer(stage, random, async (peer) => {
      await peer.kill();
      await rest(stage, random.below(1_500));
      await peer.start();
      await peer.ask("speak");
    }),
  "peer stands still": async (stage, random) => {
    const peer = random.pick(stage.peers);
    peer.signal("SIGSTOP");
    await rest(stage, random.below(3_000));
    peer.signal("SIGCONT");
  },
  "connection cut": (stage, random) => onRoad(stage, random, async (road) => road.cut()),
  "connection dead": (stage, random) =>
    onRoad(stage, random, async (road) => {
      road.halfOpen();
      await rest(stage, random.below(5_000));
      await road.heal();
    }),
  "connection refused": (stage, random) =>
    onRoad(stage, random, async (road) => {
      await road.refuse();
      road.cut();
      await rest(stage, random.below(2_000));
      await road.heal();
    }),
  "connection slow": (stage, random) =>
    onRoad(stage, random, async (road) => {
      road.setLatency(20 + random.below(100));
      await rest(stage, random.below(2_000));
      road.setLatency(0);
    }),
} as const satisfies Readonly<Record<string, Fault>>;

async function onRoad(
  { peers, roads }: Stage,
  random: Random,
  happen: (road: FaultProxy) => Promise<void>,
): Promise<void> {
  const road = roads.get(random.pick(peers));
  if (road) await happen(road);
}
