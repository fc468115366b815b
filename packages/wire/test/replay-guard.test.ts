import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReplayGuard, freshnessWindowMs as window } from "../src/index.ts";
import { alice, bob } from "./peers.ts";

const start = 1_700_000_000_000;

describe("a replay guard", () => {
  test("takes a sender and id once for as long as the signature is fresh", () => {
    verifies("WIRE-41");
    const guard = createReplayGuard();
    const seen = { sender: alice.id, id: "a", signedAt: start };
    expect(guard.admit({ ...seen, at: start })).toBe("fresh");
    expect(guard.admit({ ...seen, at: start + 1 })).toBe("replayed");
    expect(guard.admit({ ...seen, at: start + window })).toBe("replayed");
    expect(guard.admit({ ...seen, sender: bob.id, at: start + window })).toBe("fresh");
    expect(guard.admit({ ...seen, id: "b", at: start + window })).toBe("fresh");
    expect(guard.admit({ ...seen, id: "c", at: start + window + 1 })).toBe("replayed");
  });

  test("takes nothing twice, however small its memory, whatever comes in which order", () => {
    verifies("WIRE-41", "WIRE-42");
    const anySeen = fc.record({
      sender: fc.constantFrom(alice.id, bob.id),
      id: fc.nat(30).map(String),
      signedAt: fc.nat(2 * window).map((ms) => start + ms),
      step: fc.nat(window / 4),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(anySeen, { maxLength: 120 }), (maxIds, all) => {
        const guard = createReplayGuard({ maxIds });
        const taken = new Set<string>();
        const moments = new Map<string, number>();
        let at = start;
        for (const { sender, id, signedAt: anyMoment, step } of all) {
          at += step;
          const key = `${sender}:${id}`;
          const signedAt = moments.get(key) ?? anyMoment;
          moments.set(key, signedAt);
          if (Math.abs(at - signedAt) > window) continue;
          const verdict = guard.admit({ sender, id, signedAt, at });
          if (verdict === "fresh") {
            expect(taken.has(key)).toBe(false);
            taken.add(key);
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("when full, refuses older posts of the sender that filled it and of nobody else", () => {
    verifies("WIRE-42");
    const maxIds = 100;
    const guard = createReplayGuard({ maxIds });
    const quiet = { sender: bob.id, id: "once", signedAt: start, at: start };
    expect(guard.admit(quiet)).toBe("fresh");
    for (let count = 0; count < 10 * maxIds; count++) {
      const flood = {
        sender: alice.id,
        id: `f${count}`,
        signedAt: start + window + count,
        at: start + count,
      };
      expect(guard.admit(flood)).toBe("fresh");
    }
    const at = start + 10 * maxIds;
    expect(guard.admit({ ...quiet, at })).toBe("replayed");
    expect(guard.admit({ sender: bob.id, id: "late", signedAt: start - 5_000, at })).toBe("fresh");
    expect(guard.admit({ sender: alice.id, id: "f0", signedAt: start + window, at })).toBe("replayed");
    expect(guard.admit({ sender: alice.id, id: "old", signedAt: start + window, at })).toBe("replayed");
    expect(guard.admit({ sender: alice.id, id: "new", signedAt: at + window, at })).toBe("fresh");
  });

  test("takes everything that comes in the order of signing, also far beyond its memory", () => {
    verifies("WIRE-42");
    const guard = createReplayGuard({ maxIds: 50 });
    for (let count = 0; count < 5_000; count++) {
      const at = start + count * 100;
      const sender = count % 3 === 0 ? bob.id : alice.id;
      expect(guard.admit({ sender, id: String(count), signedAt: at, at })).toBe("fresh");
    }
  });
});
