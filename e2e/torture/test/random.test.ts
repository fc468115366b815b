import fc from "fast-check";
import { expect, test } from "vitest";
import { randomOf } from "../src/random.ts";

test("the same seed gives the same numbers, each below its bound, and near seeds others", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1_000 }), (seed, bound) => {
      const numbers = (of: number): number[] => {
        const random = randomOf(of);
        return Array.from({ length: 50 }, () => random.below(bound));
      };
      expect(numbers(seed)).toEqual(numbers(seed));
      expect(numbers(seed).every((number) => number >= 0 && number < bound)).toBe(true);
      if (bound >= 10) expect(numbers(seed)).not.toEqual(numbers(seed + 1));
    }),
  );
});

test("each of several things is picked", () => {
  const random = randomOf(3);
  const picked = Array.from({ length: 200 }, () => random.pick(["a", "b", "c"]));
  expect(new Set(picked)).toEqual(new Set(["a", "b", "c"]));
});
