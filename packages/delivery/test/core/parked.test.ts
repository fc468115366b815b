import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Authority } from "../../src/core/authorise.ts";
import {
  encodeParked,
  isParked,
  maxPointers,
  nothingParked,
  type Parked,
  type Pointer,
  park,
  readParked,
  redecide,
} from "../../src/core/parked.ts";

const deliver: Authority = { kind: "deliver" };
const drop: Authority = { kind: "drop", reason: "not-allowed" };
const defer: Authority = { kind: "defer" };
const pointerAt = (seq: number): Pointer => ({ seq, reason: "member", generation: 1 });

function parkedUpTo(last: number): Parked {
  let parked = nothingParked;
  for (let seq = 1; seq <= last; seq++) parked = park(parked, pointerAt(seq));
  return parked;
}

describe("what is parked for an owner", () => {
  test("says after a turn through the stream what it said before", () => {
    verifies("DLV-65");
    const pointer = fc.record({
      seq: fc.nat(),
      generation: fc.nat(),
      reason: fc.constantFrom("member" as const, "mention" as const),
    });
    const from = fc.option(fc.nat(), { nil: undefined });
    fc.assert(
      fc.property(fc.array(pointer), from, (pointers, first) => {
        const read = readParked(Buffer.from(encodeParked({ pointers, from: first })));
        expect(read).toEqual({ kind: "read", record: { pointers, from: first } });
      }),
    );
    expect(readParked(Buffer.from(encodeParked(parkedUpTo(5_000)))).kind).toBe("read");
    for (const text of ["", "{}", '{"v":1,"pointers":[[1,2,"luck"]]}'])
      expect(readParked(Buffer.from(text)).kind).toBe("unreadable");
  });

  test("is kept in order and once, however often the same post is parked", () => {
    verifies("DLV-40", "DLV-66");
    let parked = parkedUpTo(3);
    const again = park(parked, pointerAt(2));
    expect(again).toBe(parked);
    parked = park(parked, pointerAt(9));
    expect(parked.pointers.map(({ seq }) => seq)).toEqual([1, 2, 3, 9]);
  });

  test("goes on as a place in CHAT when the list is full, so that nothing is lost and nothing grows", () => {
    verifies("DLV-44", "DLV-65", "DLV-69");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: maxPointers + 300 }), (last) => {
        const parked = parkedUpTo(last);
        const { pointers, from = Number.POSITIVE_INFINITY } = parked;
        expect(pointers.length).toBeLessThanOrEqual(maxPointers);
        const covered = new Set(pointers.map(({ seq }) => seq));
        for (let seq = 1; seq <= last; seq++) expect(covered.has(seq) || seq >= from).toBe(true);
        expect(isParked(parked)).toBe(last > 0);
      }),
      { numRuns: 25 },
    );
    const full = parkedUpTo(maxPointers + 1);
    expect(park(full, pointerAt(maxPointers + 2))).toBe(full);
  });

  test("is decided anew in order; behind what has to stay everything stays", () => {
    verifies("DLV-66", "DLV-68");
    const verdicts = fc.array(fc.constantFrom(deliver, drop, defer), { maxLength: 20 });
    fc.assert(
      fc.property(verdicts, (given) => {
        const parked = parkedUpTo(given.length);
        const result = redecide(parked, ({ seq }) => given[seq - 1] ?? defer);
        const stop = given.indexOf(defer);
        const decided = stop === -1 ? given : given.slice(0, stop);
        const seqs = (wanted: Authority): number[] =>
          decided.flatMap((authority, at) => (authority === wanted ? [at + 1] : []));
        expect(result.deliver.map(({ seq }) => seq)).toEqual(seqs(deliver));
        expect(result.dropped.map(({ pointer }) => pointer.seq)).toEqual(seqs(drop));
        expect(result.parked.pointers).toEqual(parked.pointers.slice(decided.length));
      }),
    );
  });

  test("behind a full list is still open when the list is decided", () => {
    const { parked } = redecide(parkedUpTo(maxPointers + 5), () => deliver);
    expect(parked).toEqual({ pointers: [], from: maxPointers + 1 });
    expect(isParked(parked)).toBe(true);
  });
});
