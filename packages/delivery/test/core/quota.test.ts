import { verifies } from "@cotal/requirements";
import { asChannel } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyQuota,
  type Demand,
  defaultQuota,
  gapsOf,
  type Piece,
  type Quota,
  type QuotaDecision,
  type StoredPiece,
} from "../../src/core/quota.ts";
import { reliefLevel } from "../../src/core/relief.ts";
import { backend, now } from "./support.ts";

const ops = asChannel("ops");
const loose: Quota = { copies: 1e9, bytes: 1e9, ageMs: 1e9 };

function copyAt(seq: number, fields: Partial<StoredPiece> = {}): StoredPiece {
  const post = { channel: backend, fromSeq: seq, toSeq: seq, count: 1, bytes: 10 };
  return { kind: "copy", ...post, at: seq, storedAt: now, ...fields };
}

/** All that is stored is known. */
function demandOf(quota: Partial<Quota>, pieces: readonly StoredPiece[], incoming: readonly Piece[]): Demand {
  const copies = pieces.filter(({ kind }) => kind === "copy");
  const stored = {
    copies: copies.length,
    bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: pieces.length > 0 ? Math.min(...pieces.map(({ storedAt }) => storedAt)) : undefined,
  };
  return { quota: { ...loose, ...quota }, now, stored, oldest: { pieces, complete: true }, incoming };
}

const range = (from: number, to: number): StoredPiece[] =>
  Array.from({ length: to - from + 1 }, (_, at) => copyAt(from + at));

describe("the quota of an owner", () => {
  test("is 50,000 copies, 256 MiB and 30 days unless it is set otherwise", () => {
    verifies("DLV-71");
    expect(defaultQuota).toEqual({ copies: 50_000, bytes: 268_435_456, ageMs: 2_592_000_000 });
  });

  test("is decided without a look at the stream as long as nothing is over", () => {
    verifies("DLV-70");
    const demand = demandOf({ copies: 5 }, range(1, 3), range(4, 5));
    expect(applyQuota({ ...demand, oldest: { pieces: [], complete: false } })).toEqual({ kind: "fits" });
    const more = { ...demand, incoming: range(4, 6), oldest: { pieces: [], complete: false } };
    expect(applyQuota(more)).toEqual({ kind: "read-more" });
  });

  test("of 500 keeps the newest 500 of a burst and names the rest in one marker", () => {
    verifies("DLV-70", "DLV-73");
    expect(applyQuota(demandOf({ copies: 500 }, [], range(1, 999)))).toEqual({
      kind: "cut",
      purgeUpTo: 0,
      skip: 499,
      gaps: [{ channel: backend, fromSeq: 1, toSeq: 499, count: 499, reason: "quota" }],
    });
  });

  test("takes what is older than its age and says so", () => {
    verifies("DLV-71", "DLV-72", "DLV-73");
    const old = now - 1_001;
    const pieces = [copyAt(3, { storedAt: old, at: 30 }), copyAt(5, { storedAt: old, channel: ops, at: 40 })];
    expect(applyQuota(demandOf({ ageMs: 1_000 }, [...pieces, copyAt(6)], []))).toEqual({
      kind: "cut",
      purgeUpTo: 40,
      skip: 0,
      gaps: [
        { channel: backend, fromSeq: 3, toSeq: 3, count: 1, reason: "age" },
        { channel: ops, fromSeq: 5, toSeq: 5, count: 1, reason: "age" },
      ],
    });
  });

  test("never forgets what an earlier marker said, and gains no room by taking it", () => {
    verifies("DLV-46", "DLV-73");
    const marker = copyAt(1, { kind: "gap", toSeq: 9, count: 7, at: 1 });
    const demand = demandOf({ copies: 3 }, [marker, ...range(10, 12)], [copyAt(13)]);
    expect(applyQuota(demand)).toEqual({
      kind: "cut",
      purgeUpTo: 10,
      skip: 0,
      gaps: [{ channel: backend, fromSeq: 1, toSeq: 10, count: 8, reason: "quota" }],
    });
    expect(applyQuota({ ...demand, incoming: [] })).toEqual({ kind: "fits" });
  });

  test("leaves the newest within its bounds and tells all the rest", () => {
    verifies("DLV-46", "DLV-70", "DLV-71", "DLV-73", "DLV-90");
    const piece = fc.record({
      kind: fc.constantFrom("copy" as const, "copy" as const, "gap" as const),
      channel: fc.constantFrom(backend, ops),
      count: fc.integer({ min: 1, max: 4 }),
      bytes: fc.integer({ min: 1, max: 20 }),
      age: fc.nat(30),
    });
    const quota = fc.record({
      copies: fc.nat(8),
      bytes: fc.nat(60),
      ageMs: fc.integer({ min: 10, max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.array(piece),
        fc.array(piece, { maxLength: 5 }),
        quota,
        fc.nat(10),
        (old, next, ...rest) => {
          const [bounds, known] = rest;
          const ages = old.map(({ age }) => age).sort((a, b) => b - a);
          const pieces = laid([...old, ...next.map((one) => ({ ...one, kind: "copy" as const }))]);
          const stored = pieces
            .slice(0, old.length)
            .map((one, at) => ({ ...one, storedAt: now - (ages[at] ?? 0) }));
          const incoming = pieces.slice(old.length);
          const demand = demandOf(bounds, stored, incoming);
          const decision = applyQuota(demand);
          checkCut(decision, { stored, incoming, quota: bounds });
          // With fewer of the oldest the answer is the same, or that it takes more of them.
          const partly = applyQuota({
            ...demand,
            oldest: { pieces: stored.slice(0, known), complete: false },
          });
          expect([decision, { kind: "read-more" }]).toContainEqual(partly);
        },
      ),
    );
  });
});

interface Laid {
  readonly stored: readonly StoredPiece[];
  readonly incoming: readonly StoredPiece[];
  readonly quota: Quota;
}

function laid(given: readonly Pick<Piece, "kind" | "channel" | "count" | "bytes">[]): StoredPiece[] {
  let seq = 1;
  return given.map(({ count, ...piece }, at) => {
    const fromSeq = seq;
    seq += piece.kind === "copy" ? 1 : count;
    const told = piece.kind === "copy" ? 1 : count;
    return { ...piece, count: told, fromSeq, toSeq: seq - 1, at: at + 1, storedAt: now };
  });
}

/** Whatever is gone is told, what is kept is within the bounds, and one piece more would not be. */
function checkCut(decision: QuotaDecision, { stored, incoming, quota }: Laid): void {
  expect(decision.kind).not.toBe("read-more");
  const cut = decision.kind === "cut" ? decision : { purgeUpTo: 0, skip: 0, gaps: [] };
  const gone = [...stored.filter(({ at }) => at <= cut.purgeUpTo), ...incoming.slice(0, cut.skip)];
  const kept = [...stored.filter(({ at }) => at > cut.purgeUpTo), ...incoming.slice(cut.skip)];
  for (const { channel, fromSeq, toSeq } of gone) {
    const told = cut.gaps.find((gap) => gap.channel === channel);
    expect(told && told.fromSeq <= fromSeq && toSeq <= told.toSeq).toBe(true);
  }
  const count = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.count, 0);
  expect(count(cut.gaps.map((gap) => ({ ...copyAt(1), count: gap.count })))).toBe(count(gone));
  expect(new Set(cut.gaps.map(({ channel }) => channel)).size).toBe(cut.gaps.length);
  const copies = kept.filter(({ kind }) => kind === "copy");
  expect(copies.length).toBeLessThanOrEqual(quota.copies);
  expect(kept.every(({ storedAt }) => now - storedAt <= quota.ageMs)).toBe(true);
  const markers = [...kept, ...gone].filter(({ kind }) => kind === "gap");
  const bytes = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  if (copies.length > 0) expect(bytes(copies) + bytes(markers)).toBeLessThanOrEqual(quota.bytes);
  const last = gone.at(-1);
  if (!last || now - last.storedAt > quota.ageMs) return;
  const isNeeded =
    copies.length + 1 > quota.copies || bytes(copies) + bytes(markers) + last.bytes > quota.bytes;
  expect(isNeeded).toBe(true);
}

describe("the markers of what is gone", () => {
  test("say at least what each piece says, one for a channel", () => {
    verifies("DLV-46");
    const pieces = [copyAt(7), copyAt(3, { toSeq: 4, count: 2 }), copyAt(5, { channel: ops })];
    expect(gapsOf(pieces, "quota")).toEqual([
      { channel: backend, fromSeq: 3, toSeq: 7, count: 3, reason: "quota" },
      { channel: ops, fromSeq: 5, toSeq: 5, count: 1, reason: "quota" },
    ]);
    expect(gapsOf([], "quota")).toEqual([]);
  });
});

describe("a shard that is nearly full", () => {
  test("takes from nobody up to 80 % of its bytes", () => {
    verifies("DLV-74");
    expect(reliefLevel({ bytes: 80, maxBytes: 100, backlogs: [80] })).toBeUndefined();
    expect(reliefLevel({ bytes: 90, maxBytes: 100, backlogs: [] })).toBeUndefined();
  });

  test("takes from the largest backlogs, as much as is needed, and leaves the others alone", () => {
    verifies("DLV-74", "DLV-90");
    expect(reliefLevel({ bytes: 100, maxBytes: 100, backlogs: [5, 70, 25] })).toBe(50);
    const sizes = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 100_000 }), (backlogs, maxBytes) => {
        const bytes = backlogs.reduce((sum, size) => sum + size, 0);
        const level = reliefLevel({ bytes, maxBytes, backlogs });
        const room = maxBytes * 0.8;
        expect(level === undefined).toBe(bytes <= room);
        const left = backlogs.reduce((sum, size) => sum + Math.min(size, level ?? size), 0);
        expect(left).toBeLessThanOrEqual(room);
        if (level !== undefined) expect(left + backlogs.length).toBeGreaterThan(room);
      }),
    );
  });

  test("goes by shares where the estimates are not what the stream takes", () => {
    verifies("DLV-71", "DLV-74");
    expect(reliefLevel({ bytes: 200, maxBytes: 200, backlogs: [10, 50, 40] })).toBe(35);
    expect(reliefLevel({ bytes: 50, maxBytes: 50, backlogs: [10, 50, 40] })).toBe(35);
  });
});
