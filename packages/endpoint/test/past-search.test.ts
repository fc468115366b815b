import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findPlace } from "../src/past-search.ts";

interface Looks {
  readonly place: number;
  readonly looks: number;
}

async function search(taken: readonly number[], end: number, wanted: number, slack = 0): Promise<Looks> {
  let looks = 0;
  const countFrom = async (place: number): Promise<number> => {
    looks++;
    return taken.filter((one) => one >= place && one < end).length;
  };
  return { place: await findPlace({ first: 1, end, wanted, slack, countFrom }), looks };
}

describe("the search for a place", () => {
  test("leaves enough behind it, and at most the slack too many", async () => {
    verifies("ENDP-56");
    const places = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 1, max: 50 }), fc.nat(20), async (taken, wanted, slack) => {
        const end = 5_001;
        const { place, looks } = await search(taken, end, wanted, slack);
        const behind = taken.filter((one) => one >= place).length;
        expect(behind).toBeGreaterThanOrEqual(Math.min(wanted, taken.length));
        expect(behind).toBeLessThanOrEqual(Math.max(wanted + slack, 0));
        expect(looks).toBeLessThanOrEqual(2 + 2 * Math.ceil(Math.log2(end)));
      }),
    );
  });

  test("takes few looks where posts are spread evenly", async () => {
    const every7th = Array.from({ length: 10_000 }, (_, at) => at * 7 + 3);
    const { looks } = await search(every7th, 70_001, 100, 256);
    expect(looks).toBeLessThanOrEqual(4);
  });

  test("comes out early, never late, while others go on posting", async () => {
    let clock = 0;
    const countFrom = async (place: number): Promise<number> => 1_000 - place - Math.min(clock++, 30);
    const place = await findPlace({ first: 1, end: 1_000, wanted: 100, slack: 0, countFrom });
    expect(1_000 - place).toBeGreaterThanOrEqual(100);
  });
});
