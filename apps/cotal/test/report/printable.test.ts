import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLine, printable } from "../../src/report/printable.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not appear
const steers = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]/;
const steering = [
  "\u001b",
  "\u0007",
  "\n",
  "\u007f",
  "\u009b",
  "\u200b",
  "\u2028",
  "\u202e",
  "\u2066",
  "\ud800",
  "\ufeff",
];
const hostile = fc.string({
  unit: fc.oneof(fc.constantFrom(...steering), fc.string({ unit: "binary", maxLength: 1 })),
});

describe("text of others", () => {
  test.each([
    ["\u001b[2J\u001b[31mred", "\\u{1b}[2J\\u{1b}[31mred"],
    ["\u001b]0;title\u0007", "\\u{1b}]0;title\\u{7}"],
    ["a\r\nb", "a\\u{d}\\u{a}b"],
    ["\u009b31m", "\\u{9b}31m"],
    ["abc\u202edef", "abc\\u{202e}def"],
    ["a\u200bb", "a\\u{200b}b"],
    ["\ud800", "\\u{d800}"],
    ["grüße 你好 🙂", "grüße 你好 🙂"],
  ])("%j steers no terminal", (text, shown) => {
    verifies("CLI-7");
    expect(printable(text)).toBe(shown);
  });

  test("never keeps a character that steers", () => {
    verifies("CLI-7");
    fc.assert(fc.property(hostile, (text) => !steers.test(stripAstral(printable(text)))));
  });

  test("comes back from JSON as it was, and steers no terminal there either", () => {
    verifies("CLI-5", "CLI-7");
    fc.assert(
      fc.property(hostile, (text) => {
        const line = jsonLine({ text });
        expect(steers.test(stripAstral(line))).toBe(false);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
  });
});

/** Whole pairs of surrogates are letters and pictures. */
function stripAstral(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, "");
}
