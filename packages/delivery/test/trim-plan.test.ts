import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAgeIndex, handledAgeMs } from "../src/trim-age.ts";
import {
  cutsUpTo,
  type Fill,
  heavySenders,
  isFull,
  isRelieved,
  lookAgainMs,
  reliefSteps,
} from "../src/trim-plan.ts";

const fill = (more: Partial<Fill>): Fill => ({
  bytes: 0,
  maxBytes: 1_000,
  messages: 0,
  firstSeq: 1,
  lastSeq: 0,
  ...more,
});

describe("a cut", () => {
  test("is never above the floor of its own queue, nor twice at the same place", () => {
    verifies("DLV-76");
    const queue = fc.record({ filter: fc.constantFrom("a", "b", "c"), floor: fc.nat(100) });
    const queues = fc.uniqueArray(queue, { selector: ({ filter }) => filter });
    fc.assert(
      fc.property(
        queues,
        fc.nat(150),
        fc.dictionary(fc.constantFrom("a", "b", "c"), fc.nat(100)),
        (all, seq, before) => {
          const cuts = cutsUpTo(all, seq, new Map(Object.entries(before)));
          for (const { filter, floor } of all) {
            const [cut, ...more] = cuts.filter((one) => one.filter === filter);
            expect(more).toEqual([]);
            const due = Math.min(floor, seq);
            expect(cut?.upTo).toBe(due > (before[filter] ?? 0) ? due : undefined);
          }
        },
      ),
    );
  });
});

/** A stream of messages of one size, of which each queue has handled what is up to its floor. */
interface Stream {
  readonly owners: readonly string[];
  readonly floors: Readonly<Record<string, number>>;
  readonly maxBytes: number;
}

function relieve({ owners, floors, maxBytes }: Stream): {
  readonly left: ReadonlySet<number>;
  readonly end: Fill;
} {
  const left = new Set(owners.map((_, at) => at + 1));
  const look = (): Fill => ({
    bytes: left.size,
    maxBytes,
    messages: left.size,
    firstSeq: Math.min(...left, owners.length + 1),
    lastSeq: owners.length,
  });
  const queues = Object.entries(floors).map(([filter, floor]) => ({ filter, floor }));
  const cutBefore = new Map<string, number>();
  for (const seq of isFull(look()) ? reliefSteps(look(), queues) : []) {
    for (const { filter, upTo } of cutsUpTo(queues, seq, cutBefore)) {
      for (let at = 1; at <= upTo; at++) if (owners[at - 1] === filter) left.delete(at);
      cutBefore.set(filter, upTo);
    }
    if (isRelieved(look())) break;
  }
  return { left, end: look() };
}

describe("relieving a stream that is full", () => {
  const names = ["a", "b", "c"];
  const stream = fc.record({
    owners: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 200 }),
    floors: fc.record({ a: fc.nat(200), b: fc.nat(200), c: fc.nat(200) }),
    maxBytes: fc.integer({ min: 1, max: 300 }),
  });

  test("takes nothing that is not handled, and leaves it full only when nothing is handled any more", () => {
    verifies("DLV-76");
    fc.assert(
      fc.property(stream, (one) => {
        const { left, end } = relieve(one);
        const handled = (at: number): boolean => at <= (one.floors[one.owners[at - 1] as "a"] ?? 0);
        for (let at = 1; at <= one.owners.length; at++) if (!handled(at)) expect(left.has(at)).toBe(true);
        if (isFull(end)) expect([...left].some(handled)).toBe(false);
      }),
    );
  });

  test("begins with the oldest and leaves the youngest that need not go", () => {
    verifies("DLV-76");
    const owners = Array.from({ length: 100 }, () => "a");
    const { left } = relieve({ owners, floors: { a: 100 }, maxBytes: 110 });
    expect([...left]).toEqual(Array.from({ length: 66 }, (_, at) => at + 35));
  });

  test("looks again before a burst could have filled what is left", () => {
    expect(lookAgainMs(fill({ maxBytes: 1024 ** 2, bytes: 0.7 * 1024 ** 2 }))).toBeLessThan(100);
    expect(lookAgainMs(fill({ maxBytes: 1024 ** 2, bytes: 2 * 1024 ** 2 }))).toBe(5);
    expect(lookAgainMs(fill({ maxBytes: 1024 ** 3 }))).toBe(10_000);
  });
});

describe("the age of messages", () => {
  const hour = 3_600_000;
  test("is known from when their sequences were taken, and never guessed too high", () => {
    verifies("DLV-76");
    const ages = createAgeIndex();
    ages.note({ now: 0, firstSeq: 5, firstAt: -3 * hour, lastSeq: 10 });
    ages.note({ now: hour / 2, firstSeq: 5, firstAt: -3 * hour, lastSeq: 15 });
    ages.note({ now: hour, firstSeq: 5, firstAt: -3 * hour, lastSeq: 20 });
    expect(ages.agedSeq(hour)).toBe(0);
    expect(ages.agedSeq(handledAgeMs - 3 * hour)).toBe(5);
    expect(ages.agedSeq(handledAgeMs)).toBe(10);
    expect(ages.agedSeq(handledAgeMs + hour - 1)).toBe(10);
    expect(ages.agedSeq(handledAgeMs + hour)).toBe(20);
    expect(ages.agedSeq(2 * handledAgeMs)).toBe(20);
  });

  test("is not known of an empty stream", () => {
    const ages = createAgeIndex();
    ages.note({ now: 0, firstSeq: 1, firstAt: Date.parse("0001-01-01T00:00:00Z"), lastSeq: 0 });
    expect(ages.agedSeq(hour)).toBe(0);
  });
});

describe("a sender", () => {
  test("is heavy beyond a tenth of what the stream may have, over all to whom it sends", () => {
    const one = fill({ bytes: 800, messages: 80 });
    expect(
      heavySenders(one, { "s.inst.x.a": 6, "s.inst.y.a": 5, "s.inst.x.b": 9, "s.inst.x.c": 60 }),
    ).toEqual([
      { sender: "a", share: expect.closeTo(0.11) },
      { sender: "c", share: expect.closeTo(0.6) },
    ]);
  });
});
