import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxJsonDepth, maxJsonTokens } from "../src/index.ts";
import { readJson } from "../src/json-body.ts";
import { exceedsJsonLimits } from "../src/json-scan.ts";
import { bytesOf } from "./peers.ts";

const limit = 1024 * 1024;

function outcomeOf(text: string | Uint8Array, maxBytes = limit): string {
  const body = readJson(typeof text === "string" ? bytesOf(text) : text, maxBytes);
  return body.kind === "json" ? "json" : body.reason;
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** Tokens and depth as a regular expression sees them, which shares nothing with the scan. */
function measured(text: string): { tokens: number; depth: number } {
  const tokens = text.match(/"(?:[^"\\]|\\[\s\S])*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  let depth = 0;
  let deepest = 0;
  for (const token of tokens) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    if (token === "]" || token === "}") depth--;
  }
  return { tokens: tokens.length, depth: deepest };
}

describe("a body", () => {
  test("is refused over its size, when it is not UTF-8, and when it is not JSON", () => {
    verifies("WIRE-10");
    expect(outcomeOf("[1]", 3)).toBe("json");
    expect(outcomeOf("[1]", 2)).toBe("too-large");
    expect(outcomeOf(Uint8Array.of(0x22, 0xff, 0x22))).toBe("malformed-json");
    expect(outcomeOf(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe("malformed-json");
    expect(outcomeOf(Uint8Array.of(0x22, 0xc0, 0x80, 0x22))).toBe("malformed-json");
    for (const text of ["", " ", "nul", "[1,]", "{a:1}", "1 2", "'x'", "\ufeff1", "NaN"]) {
      expect(outcomeOf(text)).toBe("malformed-json");
    }
  });

  test("may nest 64 deep and no deeper, short or long", () => {
    verifies("WIRE-11", "WIRE-12");
    for (const pad of ["", " ".repeat(maxJsonTokens)]) {
      for (const shape of [nested, objects]) {
        expect(outcomeOf(shape(maxJsonDepth) + pad)).toBe("json");
        expect(outcomeOf(shape(maxJsonDepth + 1) + pad)).toBe("too-large");
      }
      expect(outcomeOf(`[${'"[",'.repeat(100)}0]${pad}`)).toBe("json");
      expect(outcomeOf(`["\\"${"[".repeat(100)}"]${pad}`)).toBe("json");
    }
    expect(outcomeOf("[".repeat(500_000))).toBe("too-large");
  });

  test("may have 20,000 tokens and no more", () => {
    verifies("WIRE-12");
    const list = (count: number): string => `[${Array(count).fill("1").join(",")}]`;
    expect(outcomeOf(list(maxJsonTokens / 2 - 1))).toBe("json");
    expect(outcomeOf(list(maxJsonTokens / 2))).toBe("too-large");
    expect(outcomeOf(JSON.stringify("x".repeat(500_000)))).toBe("json");
    expect(outcomeOf(JSON.stringify('"\\'.repeat(100_000)))).toBe("json");
  });

  test("is scanned for exactly the tokens and the depth that it has", () => {
    verifies("WIRE-12");
    const piece = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
      fc.constantFrom('"\\\\"', '"\\""', '"\\\\\\"["', " \n\t", "true", "-1e9", ",", "[", "{", "é"),
      fc.integer({ min: 60, max: 68 }).map(nested),
    );
    const body = fc
      .tuple(fc.array(piece, { minLength: 1 }), fc.constantFrom(1, 40, 500))
      .map(([pieces, times]) => {
        return `${pieces.join(" ")} `.repeat(times);
      });
    const seen = { over: 0, under: 0 };
    fc.assert(
      fc.property(body, (text) => {
        const { tokens, depth } = measured(text);
        const over = tokens > maxJsonTokens || depth > maxJsonDepth;
        seen[over ? "over" : "under"]++;
        return exceedsJsonLimits(text) === over;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.over, seen.under)).toBeGreaterThan(20);
  });

  test("with a key that reaches a prototype is refused, at any depth and in any spelling", () => {
    verifies("WIRE-13");
    const keys = [
      "__proto__",
      "constructor",
      "prototype",
      "\\u005f_proto__",
      "proto\\u0074ype",
      "c\\u006fnstructor",
    ];
    for (const key of keys) {
      for (const text of [`{"${key}":1}`, `[{"a":[{"${key}":{}}]}]`, `{"a":1,"${key}":null}`]) {
        expect([text, outcomeOf(text)]).toEqual([text, "forbidden-key"]);
      }
    }
    for (const text of ['{"a":"__proto__"}', '["constructor"]', '{"proto":1,"Constructor":1,"__proto":1}']) {
      expect(outcomeOf(text)).toBe("json");
    }
  });
});
