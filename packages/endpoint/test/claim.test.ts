import { setImmediate } from "node:timers/promises";
import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BeatKey, type BeatOutcome, type Claim, createClaim } from "../src/claim.ts";

interface SeenBy {
  readonly took?: () => Promise<undefined>;
  readonly paused?: () => Promise<undefined>;
  readonly losesAnswer?: () => boolean;
}

/** One key as the broker keeps it, with those who hear a knock at it. */
function newKey() {
  let seq = 0;
  let last = 0;
  let writer = -1;
  const hearers: (() => void)[] = [];
  return {
    get writer() {
      return writer;
    },
    expire: () => {
      last = 0;
      writer = -1;
    },
    hear: (onKnock: () => void) => void hearers.push(onKnock),
    /** As the program `who` sees it. What is done takes as long as `took` says. */
    seenBy: (
      who: number,
      { took = async () => undefined, paused = took, losesAnswer = () => false }: SeenBy = {},
    ): BeatKey => ({
      write: async (expected) => {
        await took();
        if (expected !== "any" && expected !== last) return { kind: "fenced", last };
        last = ++seq;
        writer = who;
        if (losesAnswer()) throw new Error("no answer");
        return { kind: "stored", seq: last };
      },
      knock: () => {
        for (const onKnock of hearers) onKnock();
      },
      pause: paused,
    }),
  };
}

const outcomesOf = async (claim: Claim, beats: number): Promise<BeatOutcome[]> => {
  const outcomes: BeatOutcome[] = [];
  for (let beat = 0; beat < beats; beat++) outcomes.push(await claim.beat());
  return outcomes;
};

describe("the claim of an id", () => {
  test("is held by the first and goes on from beat to beat", async () => {
    const key = newKey();
    expect(await outcomesOf(createClaim(key.seenBy(0)), 3)).toEqual([
      { kind: "held", continued: false },
      { kind: "held", continued: true },
      { kind: "held", continued: true },
    ]);
  });

  test("says that nothing continues after the broker has forgotten the beat", async () => {
    const key = newKey();
    const claim = createClaim(key.seenBy(0));
    await claim.beat();
    key.expire();
    expect(await claim.beat()).toEqual({ kind: "held", continued: false });
  });

  test("is refused while the holder answers, and given when it does not", async () => {
    verifies("ENDP-2");
    for (const isAlive of [true, false]) {
      const key = newKey();
      const holder = createClaim(key.seenBy(0));
      await holder.beat();
      let answer: Promise<BeatOutcome> | undefined;
      const settled = async (): Promise<undefined> => void (await answer);
      const newcomer = createClaim(key.seenBy(1, { took: settled }));
      let knocks = 0;
      key.hear(() => {
        knocks++;
        if (isAlive) answer = holder.beat();
      });
      expect([isAlive, (await newcomer.beat()).kind]).toEqual([isAlive, isAlive ? "taken" : "held"]);
      expect(knocks).toBe(1);
      key.hear(() => {
        if (newcomer.held) void newcomer.beat();
      });
      expect((await holder.beat()).kind).toBe(isAlive ? "held" : "taken");
    }
  });

  test("is given when the beat that stood in the way expires while it is asked for", async () => {
    verifies("ENDP-2");
    const key = newKey();
    await createClaim(key.seenBy(0)).beat();
    const expires = async (): Promise<undefined> => void key.expire();
    expect(await createClaim(key.seenBy(1, { paused: expires })).beat()).toEqual({
      kind: "held",
      continued: false,
    });
  });

  test("goes on after a beat whose answer was lost", async () => {
    const key = newKey();
    let loses = false;
    const claim = createClaim(key.seenBy(0, { losesAnswer: () => loses }));
    await claim.beat();
    loses = true;
    await expect(claim.beat()).rejects.toThrow("no answer");
    loses = false;
    expect((await claim.beat()).kind).toBe("held");
    expect(await claim.beat()).toEqual({ kind: "held", continued: true });
  });

  test("passes to a takeover once, after which the former holder is told and the taker is bound as any other", async () => {
    verifies("ENDP-2");
    const key = newKey();
    const programs = [0, 1, 2].map((who) =>
      createClaim(key.seenBy(who, { paused: () => setImmediate(undefined) }), { takeover: who > 0 }),
    );
    for (const claim of programs) {
      key.hear(() => {
        if (claim.held) void claim.beat();
      });
    }
    const [former, taker, third] = programs;
    await former?.beat();
    await taker?.beat();
    expect(await former?.beat()).toEqual({ kind: "taken" });
    expect(await taker?.beat()).toEqual({ kind: "held", continued: true });
    await third?.beat();
    expect(await taker?.beat()).toEqual({ kind: "taken" });
    expect(await third?.beat()).toEqual({ kind: "held", continued: true });
  });

  test("is never believed by anybody but who wrote last, in whatever order things happen", async () => {
    verifies("ENDP-2");
    const program = fc.record({ beats: fc.integer({ min: 1, max: 5 }), takeover: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(program, { minLength: 2, maxLength: 4 }),
        async (s, programs) => {
          const key = newKey();
          const runs = programs.map(async ({ beats, takeover }, who) => {
            const port = key.seenBy(who, { took: () => s.schedule(Promise.resolve(undefined)) });
            const seen: BeatKey = {
              ...port,
              write: async (expected) => {
                const written = await port.write(expected);
                if (written.kind === "stored") expect(key.writer).toBe(who);
                return written;
              },
            };
            const claim = createClaim(seen, { takeover });
            for (let beat = 0; beat < beats; beat++) {
              const { kind } = await claim.beat();
              expect(claim.held).toBe(kind === "held");
            }
            return claim;
          });
          const claims = await s.waitFor(Promise.all(runs));
          const next = claims[key.writer]?.beat() ?? Promise.reject(new Error("nobody has written"));
          expect(await s.waitFor(next)).toEqual({ kind: "held", continued: true });
        },
      ),
    );
  });
});
