import { expect, test } from "vitest";
import { timed } from "../../src/rows/timed.ts";

const draw = (count: number) => Array.from({ length: count }, (_, at) => at);
const expected = (items: readonly number[]) => items.length;

test("all items are worked on, in lots, and the time is for each of them", () => {
  let worked = 0;
  const run = (items: readonly number[]) => {
    worked += items.length;
    return items.length;
  };
  expect(timed(2_000, { draw, expected, run })).toBeGreaterThan(0);
  expect(worked).toBe(2_000);
});

test("work that was not done has no time", () => {
  expect(() => timed(1_000, { draw, expected, run: (items) => items.length - 1 })).toThrow("99 of 100");
});
