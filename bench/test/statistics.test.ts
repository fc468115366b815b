import fc from "fast-check";
import { expect, test } from "vitest";
import { spreadOf } from "../src/statistics.ts";

test("the spread of some values is their median and their ends", () => {
  expect(spreadOf([3])).toEqual({ median: 3, min: 3, max: 3 });
  expect(spreadOf([10, 9, 2])).toEqual({ median: 9, min: 2, max: 10 });
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test("the order of the values does not matter, and half of them lie on each side of the median", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (list) => {
      const spread = spreadOf(list);
      expect(spreadOf(list.toReversed())).toEqual(spread);
      expect(list.filter((value) => value <= spread.median).length).toBeGreaterThanOrEqual(list.length / 2);
      expect(list.filter((value) => value >= spread.median).length).toBeGreaterThanOrEqual(list.length / 2);
      expect([spread.min, spread.max]).toEqual([Math.min(...list), Math.max(...list)]);
    }),
  );
});

test("nothing has no spread", () => {
  expect(() => spreadOf([])).toThrow(RangeError);
});
