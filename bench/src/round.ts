import { type CpuReading, foreignShare } from "./cpu.ts";
import type { Comparison } from "./row.ts";

/** What both sides of one comparison came to in one round. */
export interface Sample {
  readonly ours: number;
  readonly raw: number;
}

/** One turn of all comparisons of a row. */
export interface Round {
  /** In the order of the comparisons. */
  readonly samples: readonly Sample[];
  /** The share of the machine that others used; `null` where that cannot be seen. */
  readonly foreign: number | null;
}

export interface RoundOptions {
  readonly readCpu: () => CpuReading | null;
  /** How often a disturbed round is played before it counts as it is. */
  readonly attempts: number;
}

const maxForeignShare = 0.1;

export function isDisturbed(round: Round): boolean {
  return round.foreign !== null && round.foreign > maxForeignShare;
}

/** Plays the round that is number `turn`: the turn decides which comparison and which side go first. */
export async function playRound(
  comparisons: readonly Comparison[],
  turn: number,
  { readCpu, attempts }: RoundOptions,
): Promise<Round> {
  for (let attempt = 1; ; attempt++) {
    const before = readCpu();
    const samples = await playOnce(comparisons, turn);
    const after = readCpu();
    const round = { samples, foreign: before && after && foreignShare(before, after) };
    if (attempt >= attempts || !isDisturbed(round)) return round;
  }
}

async function playOnce(comparisons: readonly Comparison[], turn: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let step = 0; step < comparisons.length; step++) {
    const at = (step + turn) % comparisons.length;
    const comparison = comparisons[at];
    if (comparison) samples[at] = await playBoth(comparison, turn);
  }
  return samples;
}

async function playBoth({ ours, raw }: Comparison, turn: number): Promise<Sample> {
  if (turn % 2 === 0) return { ours: await ours(), raw: await raw() };
  const second = await raw();
  return { ours: await ours(), raw: second };
}
