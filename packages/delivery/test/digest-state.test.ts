import { verifies } from "@cotal/requirements";
import type { PresenceDigest } from "@cotal/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beatWindowMs, newDigestState, nextDigest } from "../src/digest-state.ts";

const old = beatWindowMs;

/** Plays looks at the beats and gives what was told after each. */
function play(...looks: readonly (readonly [at: number, beating: string, bucketAgeMs?: number])[]) {
  let state = newDigestState(7);
  return looks.map(([at, beating, bucketAgeMs = old]) => {
    const [next, digest] = nextDigest(state, { beating: [...beating], bucketAgeMs }, at);
    state = next;
    return (
      digest &&
      `${digest.full ? "all" : "also"} ${digest.version} +${digest.live.join("")} -${digest.gone.join("")}`
    );
  });
}

describe("a presence digest", () => {
  test("is full at first and each minute, and else tells what has changed", () => {
    verifies("DLV-87", "ENDP-64");
    expect(play([0, "ab"], [5_000, "abc"], [10_000, "bc"], [60_000, "bcd"], [65_000, "cd"])).toEqual([
      "all 1 +ab -",
      "also 2 +c -",
      "also 3 + -a",
      "all 4 +bcd -",
      "also 5 + -b",
    ]);
  });

  test("is left out where nothing has changed, but not for so long that its reader takes it for silence", () => {
    expect(play([0, "a"], [5_000, "a"], [10_000, "a"], [15_000, "a"], [20_000, "a"])).toEqual([
      "all 1 +a -",
      undefined,
      undefined,
      "also 2 + -",
      undefined,
    ]);
  });

  test("says of nobody that it is gone while the bucket is younger than the window of the beats", () => {
    verifies("ENDP-67");
    expect(play([0, "", 0], [5_000, "a", 5_000], [30_000, "ab", old])).toEqual([
      undefined,
      undefined,
      "all 1 +ab -",
    ]);
    const restarted = play(
      [0, "ab"],
      [5_000, "", 0],
      [10_000, "c", 5_000],
      [62_000, "ac", 29_000],
      [65_000, "ac"],
    );
    expect(restarted).toEqual(["all 1 +ab -", undefined, "also 2 +c -", "also 3 + -", "all 4 +ac -"]);
  });

  test("leaves its readers with exactly who beats, whatever comes and goes, once the bucket knows", () => {
    verifies("DLV-87", "ENDP-64");
    const look = fc.record({
      waitMs: fc.integer({ min: 1, max: 20_000 }),
      beating: fc.subarray(["a", "b", "c", "d", "e"]),
      knows: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 1 }), (looks) => {
        const reader = createReader();
        let [now, state] = [0, newDigestState(1)];
        for (const { waitMs, beating, knows } of looks) {
          now += waitMs;
          const before = [...reader.live];
          const [next, digest] = nextDigest(state, { beating, bucketAgeMs: knows ? old : old - 1 }, now);
          state = next;
          reader.hear(digest);
          const live = [...reader.live].sort();
          expect(live).toEqual(knows ? [...beating].sort() : expect.arrayContaining(before));
        }
      }),
    );
  });
});

/** Believes what it is told, and that nothing was missed. */
function createReader(): {
  readonly live: ReadonlySet<string>;
  hear(digest: PresenceDigest | undefined): void;
} {
  const live = new Set<string>();
  let last = 0;
  return {
    live,
    hear: (digest) => {
      if (!digest) return;
      const { version, full, live: added, gone } = digest;
      expect(version).toBe(last + 1);
      expect(full || last > 0).toBe(true);
      last = version;
      if (full) live.clear();
      for (const id of added) live.add(id);
      for (const id of gone) live.delete(id);
    },
  };
}
