import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyHistory } from "./model/history.ts";
import { play } from "./model/runner.ts";
import { openWorld, type World } from "./model/world.ts";

/** `COTAL_RUNS` plays so many, however long it takes; `COTAL_SEED` plays those of a failure and makes it smaller. */
const { COTAL_RUNS, COTAL_SEED } = process.env;
const numRuns = Number(COTAL_RUNS);
const bounds = COTAL_SEED === undefined ? { endOnFailure: true } : { seed: Number(COTAL_SEED) };

const timeoutMs = 300_000 + numRuns * 60_000;

describe("delivery", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    // What was posted before a shard was first led is nobody's.
    await play(world, []);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test(
    "loses nothing, doubles nothing and leaks nothing, whatever happens in whatever order",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyHistory, async (steps) => {
          expect(await play(world, steps)).toEqual([]);
        }),
        { numRuns, ...bounds },
      );
    },
    timeoutMs,
  );
});
