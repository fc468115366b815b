import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asChannel, asChannelPattern, isChannel, isChannelPattern } from "../src/index.ts";
import { anyChannel, crowdedPattern } from "./arbitraries.ts";
import { refusalOf } from "./refusal.ts";

const segments = (count: number, text = "a") => Array.from({ length: count }, () => text).join(".");

test("a channel has 1 to 32 segments and at most 255 characters", () => {
  verifies("SUBJ-3");
  for (const good of ["a", "team.backend", "A-_9", segments(32), "x".repeat(255), segments(32, "abcdefg")]) {
    expect(isChannel(good)).toBe(true);
  }
  const bad = ["", ".", "a.", ".a", "a..b", "a b", "a/b", "é", "a.*", ">", segments(33), "x".repeat(256)];
  for (const text of [...bad, segments(32, "abcdefgh"), "a\n", "a.b\0"]) expect(isChannel(text)).toBe(false);
});

test("a pattern is a channel in which * may be any segment and > the last", () => {
  verifies("SUBJ-4");
  for (const good of ["a", "*", ">", "a.*", "*.*.b", "a.>", "*.>", `${segments(31)}.>`]) {
    expect(isChannelPattern(good)).toBe(true);
  }
  for (const bad of ["", ">.a", "a.>.b", "a*", "*a", "**", ">>", "a.>>", "a.", "*.", `${segments(32)}.>`]) {
    expect(isChannelPattern(bad)).toBe(false);
  }
});

test("channels and patterns agree with regular expressions on any text", () => {
  const channel = /^(?=.{1,255}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,31}$/;
  const pattern = /^(?=.{1,255}$)(([A-Za-z0-9_-]+|\*)\.){0,31}([A-Za-z0-9_-]+|[*>])$/;
  const pieces = fc.constantFrom("a", "B", "9", "-", ".", ".", "*", ">", " ", "é", "abcdefghij".repeat(9));
  const texts = fc.oneof(
    fc.string({ unit: pieces, maxLength: 70 }),
    fc.string({ unit: "binary" }),
    anyChannel,
    crowdedPattern,
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(isChannel(text)).toBe(channel.test(text));
      expect(isChannelPattern(text)).toBe(pattern.test(text));
    }),
    { numRuns: 20_000 },
  );
});

describe("a refusal", () => {
  test("of a channel that does not fit proposes one that does", () => {
    verifies("SUBJ-5");
    const refusal = refusalOf(() => asChannel("team/back end"));
    expect(refusal.code).toBe("bad-channel");
    expect(refusal.message).toBe('"team/back end" is not a valid channel');
    expect(refusal.hint).toContain('for example "team.back_end"');
  });

  test("of a pattern keeps the wildcards in its proposal", () => {
    const refusal = refusalOf(() => asChannelPattern("team/*/a b"));
    expect(refusal.code).toBe("bad-pattern");
    expect(refusal.hint).toContain('for example "team.*.a_b"');
  });

  test("of a pattern in the place of a channel says that it is not concrete", () => {
    verifies("SUBJ-6");
    expect(refusalOf(() => asChannel("team.*")).code).toBe("not-concrete");
    expect(refusalOf(() => asChannel(">")).code).toBe("not-concrete");
  });

  test("is short and valid in its example for any input, also a huge one", () => {
    verifies("SUBJ-7");
    const values = fc.oneof(
      fc.anything({ withNullPrototype: true }),
      fc.string({ unit: "binary", maxLength: 400 }),
    );
    fc.assert(
      fc.property(values, (value) => {
        if (isChannelPattern(value)) return;
        for (const refusal of [
          refusalOf(() => asChannel(value as string)),
          refusalOf(() => asChannelPattern(value as string)),
        ]) {
          const example = /for example "(.*)"$/.exec(refusal.hint ?? "")?.[1];
          expect(isChannelPattern(example)).toBe(true);
          expect(refusal.message.length).toBeLessThan(1000);
        }
      }),
    );
    expect(refusalOf(() => asChannel("a b.".repeat(1_000_000))).message.length).toBeLessThan(200);
  });
});
