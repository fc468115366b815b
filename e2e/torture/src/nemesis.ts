import { agentFaults, lifeFaults } from "./agent-faults.ts";
import { meshFaults } from "./mesh-faults.ts";
import { peerFaults } from "./peer-faults.ts";
import { type Random, randomOf } from "./random.ts";
import { rightsFaults } from "./rights-faults.ts";
import { type Fault, rest, type Stage } from "./stage.ts";

const operatorFaults = { ...rightsFaults, ...agentFaults };

/** What happens in one lane happens one after the other; what happens in two, at once. */
const lanes = [meshFaults, peerFaults, operatorFaults, lifeFaults] as const;

type NamesOf<Lane> = Lane extends unknown ? keyof Lane : never;
export type FaultName = NamesOf<(typeof lanes)[number]>;

const faults: Readonly<Record<FaultName, Fault>> = {
  ...meshFaults,
  ...peerFaults,
  ...operatorFaults,
  ...lifeFaults,
};
export const faultNames = Object.keys(faults) as [FaultName, ...FaultName[]];

/** Whether any of these needs an agent of the host on the stage. */
export const needAgents = (chosen: readonly FaultName[]): boolean =>
  chosen.some((name) => Object.hasOwn(agentFaults, name));
/** Whether any of these needs a credential whose end is near. */
export const needMortal = (chosen: readonly FaultName[]): boolean =>
  chosen.some((name) => Object.hasOwn(lifeFaults, name));

export interface Havoc {
  readonly seed: number;
  readonly seconds: number;
  /** Those that may happen. */
  readonly chosen: readonly FaultName[];
  /** About to happen. */
  readonly onFault: (name: FaultName) => void;
}

/** Breaks things for so long. The same seed breaks the same in each lane, in the same order. */
export async function havoc(stage: Stage, { seed, seconds, chosen, onFault }: Havoc): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  const failed = new AbortController();
  const staged = { ...stage, signal: AbortSignal.any([stage.signal, failed.signal]) };
  const inLane = async (own: readonly FaultName[], random: Random): Promise<void> => {
    const [first, ...others] = own;
    while (first !== undefined && performance.now() < until) {
      const name = random.pick([first, ...others]);
      onFault(name);
      await faults[name](staged, random);
      await rest(staged, random.below(longestRestMs));
    }
  };
  const ended = lanes.map((lane, number) => {
    const own = faultNames.filter((name) => Object.hasOwn(lane, name) && chosen.includes(name));
    return inLane(own, randomOf(seed + number * laneStride)).catch((error) => failed.abort(error));
  });
  // None of them goes on when one has failed.
  await Promise.all(ended);
  failed.signal.throwIfAborted();
}

/** Far from the seeds that somebody gives next to each other. */
const laneStride = 1_000_003;
const longestRestMs = 1_000;
