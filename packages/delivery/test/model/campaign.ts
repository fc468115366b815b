import { randomInt } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import type { Step } from "./history.ts";
import type { StartLeader } from "./leader.ts";
import { play } from "./runner.ts";
import type { World } from "./world.ts";

/** How long so many histories may take on a busy machine; most need less than a second, those of processes that are killed some. */
export function patienceFor(histories: number): number {
  return 300_000 + histories * 60_000;
}

export interface Campaign {
  readonly histories: fc.Arbitrary<readonly Step[]>;
  readonly count: number;
  /** Played first. */
  readonly known?: readonly (readonly Step[])[];
  /** In this process, unless it says otherwise. */
  readonly lead?: StartLeader;
}

/**
 * Plays so many random histories and compares each with the reference. `COTAL_SEED` plays those of a failure again,
 * and makes the history that failed smaller.
 */
export async function playMany(
  world: World,
  { histories, count: numRuns, known = [], lead }: Campaign,
): Promise<void> {
  const { COTAL_SEED } = process.env;
  const seed = COTAL_SEED === undefined ? randomInt(2 ** 31) : Number(COTAL_SEED);
  process.stdout.write(`${numRuns} histories, COTAL_SEED=${seed}\n`);
  // What was posted before a shard was first led is nobody's.
  await play(world, []);
  const isRight = fc.asyncProperty(histories, async (steps) => {
    expect(await play(world, steps, lead)).toEqual([]);
  });
  const examples = known.map((steps): [readonly Step[]] => [steps]);
  await fc.assert(isRight, { numRuns, seed, examples, endOnFailure: COTAL_SEED === undefined });
}
