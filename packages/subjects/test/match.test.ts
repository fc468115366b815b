import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asChannelPattern,
  type ChannelPattern,
  channelInAllow,
  collapsePatterns,
  patternCovers,
  subjectMatches,
} from "../src/index.ts";
import { crowdedChannel, crowdedPattern } from "./arbitraries.ts";
import { referenceMatches } from "./reference.ts";

const patterns = (...list: string[]) => list.map(asChannelPattern);
const crowdedPatterns = fc.array(crowdedPattern, { minLength: 1, maxLength: 8 });
const crowdedChannels = fc.array(crowdedChannel, { minLength: 1, maxLength: 8 });

describe("the rule of the wildcards", () => {
  test.each([
    ["team", "team", true],
    ["team", "teams", false],
    ["*", "team", true],
    ["*", "team.a", false],
    ["team.*", "team.a", true],
    ["team.*", "team", false],
    ["team.*", "team.a.b", false],
    ["team.>", "team", false],
    ["team.>", "team.a", true],
    ["team.>", "team.a.b", true],
    ["*.b", "a.b", true],
    ["*.b", "a.c", false],
    [">", "a.b.c", true],
    ["__proto__", "constructor", false],
    ["__proto__.*", "__proto__.x", true],
  ])("%s against %s is %s", (pattern, subject, matches) => {
    verifies("SUBJ-14", "SUBJ-9");
    expect(subjectMatches(pattern, subject)).toBe(matches);
  });

  test("agrees with a regular expression on 100,000 pairs", () => {
    verifies("SUBJ-14");
    const seen = { pairs: 0, matches: 0 };
    fc.assert(
      fc.property(crowdedPatterns, crowdedChannels, (wanted, given) => {
        for (const pattern of wanted) {
          for (const channel of given) {
            const matches = referenceMatches(pattern, channel);
            if (subjectMatches(pattern, channel) !== matches) throw new Error(`${pattern} ${channel}`);
            seen.pairs++;
            seen.matches += Number(matches);
          }
        }
      }),
      { numRuns: 8000 },
    );
    expect(seen.pairs).toBeGreaterThan(100_000);
    expect(seen.matches).toBeGreaterThan(seen.pairs / 20);
  });

  test("throws for no pair of texts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (pattern, subject) => {
        expect(typeof subjectMatches(pattern, subject)).toBe("boolean");
      }),
    );
  });
});

describe("an access list", () => {
  test("that is empty allows nothing", () => {
    verifies("SUBJ-15");
    fc.assert(fc.property(crowdedChannel, (channel) => !channelInAllow([], channel)));
  });

  test("allows what one of its patterns matches", () => {
    verifies("SUBJ-15");
    fc.assert(
      fc.property(crowdedPatterns, crowdedChannel, (allow, channel) => {
        expect(channelInAllow(allow, channel)).toBe(
          allow.some((pattern) => referenceMatches(pattern, channel)),
        );
      }),
      { numRuns: 5000 },
    );
  });
});

describe("covering", () => {
  test("means matching every channel that the other matches, for all short patterns", () => {
    verifies("SUBJ-17");
    const all = shortPatterns(4);
    // One letter more than the patterns use and one segment more than they have decide every case.
    const channels = words(["a", "b", "other"], 5);
    const matched = all.map((pattern) => channels.map((channel) => referenceMatches(pattern, channel)));
    let covering = 0;
    for (const [at, outer] of all.entries()) {
      for (const [under, inner] of all.entries()) {
        const covers = channels.every(
          (_, which) => !matched[under]?.[which] || matched[at]?.[which] === true,
        );
        if (patternCovers(outer, inner) !== covers)
          throw new Error(`${outer} covers ${inner}: expected ${covers}`);
        covering += Number(covers);
      }
    }
    expect(covering).toBeGreaterThan(all.length);
  });

  test("holds for a pattern and itself, and from one to the next", () => {
    verifies("SUBJ-17");
    fc.assert(
      fc.property(crowdedPattern, crowdedPattern, crowdedPattern, (a, b, c) => {
        expect(patternCovers(a, a)).toBe(true);
        if (patternCovers(a, b) && patternCovers(b, c)) expect(patternCovers(a, c)).toBe(true);
        if (patternCovers(a, b) && patternCovers(b, a)) expect(a).toBe(b);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("collapsing", () => {
  test("drops repetitions and what is covered, in the given order", () => {
    verifies("SUBJ-18");
    expect(collapsePatterns(patterns("b.x", "a", "b.*", "a", "b.>", "c"))).toEqual(["a", "b.>", "c"]);
    expect(collapsePatterns(patterns("a.*", ">", "b"))).toEqual([">"]);
    expect(collapsePatterns([])).toEqual([]);
  });

  test("changes nothing of what is allowed and leaves nothing to drop", () => {
    verifies("SUBJ-18");
    fc.assert(
      fc.property(crowdedPatterns, crowdedChannels, (list, channels) => {
        const short = collapsePatterns(list);
        expect(list.filter((pattern) => short.includes(pattern)).filter(isFirst)).toEqual(short);
        for (const channel of channels) {
          expect(channelInAllow(short, channel)).toBe(channelInAllow(list, channel));
        }
        for (const [at, pattern] of short.entries()) {
          expect(short.some((other, where) => where !== at && patternCovers(other, pattern))).toBe(false);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

function isFirst(pattern: string, at: number, list: readonly string[]): boolean {
  return list.indexOf(pattern) === at;
}

/** All dotted words of up to `length` of the letters. */
function words(letters: readonly string[], length: number): string[] {
  if (length === 0) return [];
  return letters.flatMap((letter) => [
    letter,
    ...words(letters, length - 1).map((tail) => `${letter}.${tail}`),
  ]);
}

function shortPatterns(length: number): ChannelPattern[] {
  const closed = words(["a", "b", "*"], length);
  const open = words(["a", "b", "*"], length - 1).map((head) => `${head}.>`);
  return patterns(...closed, ...open, ">");
}
