import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Ageing, agedUpTo, type DayMarks, withLook } from "../../src/core/day-marks.ts";

const ageing: Ageing = { ageMs: 100, stepMs: 10 };

/** Some messages come, some go, and somebody looks, at these moments. */
const anyLife = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 40 }),
    comes: fc.nat(3),
    goes: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
    looks: fc.boolean(),
  }),
  { maxLength: 80, size: "max" },
);

interface Life {
  now: number;
  /** When each message came, by sequence - 1. */
  readonly came: number[];
  firstSeq: number;
  marks: DayMarks;
}

function live(
  steps: typeof anyLife extends fc.Arbitrary<infer T> ? T : never,
  check: (life: Life) => void,
): void {
  const life: Life = { now: 1_000, came: [], firstSeq: 1, marks: [] };
  for (const { afterMs, comes, goes, looks } of steps) {
    life.now += afterMs;
    for (let n = 0; n < comes; n++) life.came.push(life.now);
    life.firstSeq = Math.min(life.came.length + 1, life.firstSeq + goes);
    if (!looks) continue;
    const firstAt = life.came[life.firstSeq - 1] ?? -1;
    const look = { now: life.now, firstSeq: life.firstSeq, firstAt, lastSeq: life.came.length };
    life.marks = withLook(life.marks, look, ageing);
    check(life);
  }
}

describe("what is known of the ages of messages that nobody reads", () => {
  test("never makes one older than it is", () => {
    verifies("DLV-78");
    fc.assert(
      fc.property(anyLife, (steps) =>
        live(steps, ({ marks, now, came }) => {
          const upTo = agedUpTo(marks, now, ageing);
          for (const at of came.slice(0, upTo)) expect(now - at).toBeGreaterThanOrEqual(ageing.ageMs);
        }),
      ),
    );
  });

  test("tells of each one in time, when one looks often enough, and takes little room", () => {
    verifies("DLV-78");
    fc.assert(
      fc.property(anyLife, (steps) => {
        const often = steps.map((step) => ({ ...step, afterMs: Math.min(step.afterMs, 9), looks: true }));
        live(often, ({ marks, now, came, firstSeq }) => {
          const upTo = agedUpTo(marks, now, ageing);
          const late = came.findLastIndex((at) => now - at >= ageing.ageMs + 2 * ageing.stepMs) + 1;
          if (late >= firstSeq) expect(upTo).toBeGreaterThanOrEqual(late);
          expect(marks.length).toBeLessThan(16);
        });
      }),
    );
  });

  test("is forgotten with the stream", () => {
    const look = { now: 5_000, firstSeq: 1, firstAt: 4_990, lastSeq: 2 };
    expect(withLook([[1_000, 50]], look, ageing)).toEqual([
      [4_990, 1],
      [5_000, 2],
    ]);
  });
});
