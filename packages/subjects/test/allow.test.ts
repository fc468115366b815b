import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asChannel,
  asChannelPattern,
  type Channel,
  type ChannelPattern,
  channelInAllow,
  compileAllow,
} from "../src/index.ts";
import { anyChannel, crowdedChannel, crowdedPattern } from "./arbitraries.ts";
import { referenceMatches } from "./reference.ts";

describe("a compiled access list", () => {
  test("gives the answers of the list on 100,000 pairs of list and channel", () => {
    verifies("SUBJ-16", "SUBJ-15");
    const seen = { pairs: 0, allowed: 0 };
    fc.assert(
      fc.property(
        fc.array(crowdedPattern, { maxLength: 6 }),
        fc.array(crowdedChannel, { minLength: 12, maxLength: 24 }),
        (allow, channels) => {
          const allows = compileAllow(allow);
          for (const channel of channels) {
            const expected = allow.some((pattern) => referenceMatches(pattern, channel));
            if (allows(channel) !== expected) throw new Error(`[${allow}] ${channel}: expected ${expected}`);
            if (channelInAllow(allow, channel) !== expected) throw new Error(`[${allow}] ${channel}: list`);
            seen.pairs++;
            seen.allowed += Number(expected);
          }
        },
      ),
      { numRuns: 7000 },
    );
    expect(seen.pairs).toBeGreaterThan(100_000);
    expect(seen.allowed).toBeGreaterThan(seen.pairs / 10);
    expect(seen.allowed).toBeLessThan((seen.pairs * 9) / 10);
  });

  test("tells channels apart whose segments have one hash", () => {
    verifies("SUBJ-16");
    const allows = compileAllow([asChannelPattern("Aa.x"), asChannelPattern("BB.y")]);
    expect(["Aa.x", "BB.x", "Aa.y", "BB.y"].map((text) => allows(asChannel(text)))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test("goes back to a wildcard when a literal segment leads nowhere", () => {
    verifies("SUBJ-16");
    const allows = compileAllow(["a.b.c", "*.b.d", "a.*.e"].map(asChannelPattern));
    expect(["a.b.c", "a.b.d", "a.b.e", "a.b.f"].map((text) => allows(asChannel(text)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("knows nothing of the names that every object has", () => {
    verifies("SUBJ-9");
    const allows = compileAllow([asChannelPattern("team.*")]);
    for (const name of ["__proto__", "constructor", "toString", "team.__proto__.x"])
      expect(allows(asChannel(name))).toBe(false);
    expect(allows(asChannel("team.__proto__"))).toBe(true);
  });

  test("takes the same steps for 10 patterns and for 10,000", () => {
    verifies("SUBJ-16");
    const name = (at: number) => `team${String(at).padStart(5, "0")}`;
    const list = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        asChannelPattern(`${name(at)}.${["*", ">", "x", "*.y"][at % 4]}`),
      );
    const channels = [`${name(0)}.a`, `${name(3)}.a.y`, `${name(5)}.x.y.z`, `${name(6)}.q`, "teamzzzzz.a"];
    const steps = (count: number) => channels.map((channel) => stepsOf(list(count), channel));
    expect(steps(10_000)).toEqual(steps(10));
  });

  test("throws for no channel, also not for text that is none", () => {
    fc.assert(
      fc.property(
        fc.array(crowdedPattern),
        fc.oneof(anyChannel, fc.string({ unit: "binary" })),
        (allow, text) => {
          expect(typeof compileAllow(allow)(text as Channel)).toBe("boolean");
        },
      ),
    );
  });
});

/** How often a check looks at the channel: a text that counts. */
function stepsOf(allow: readonly ChannelPattern[], channel: string): number {
  let steps = 0;
  const counting = {
    length: channel.length,
    charCodeAt(at: number): number {
      steps++;
      return channel.charCodeAt(at);
    },
    startsWith(text: string, at: number): boolean {
      steps++;
      return channel.startsWith(text, at);
    },
  };
  compileAllow(allow)(counting as unknown as Channel);
  return steps;
}
