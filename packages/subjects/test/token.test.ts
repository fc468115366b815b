import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asOwnerId, asToken, CotalError, isOwnerId, isToken, quoted, token } from "../src/index.ts";
import { anyOwner, anyToken } from "./arbitraries.ts";
import { refusalOf } from "./refusal.ts";

const id = `U${"A".repeat(55)}`;

describe("a token", () => {
  test("is 1 to 64 letters, digits, underscores and hyphens", () => {
    verifies("SUBJ-1");
    for (const good of ["a", "A-b_9", "_", "-", "x".repeat(64)]) expect(isToken(good)).toBe(true);
    for (const bad of ["", "x".repeat(65), "a.b", "a b", "*", ">", "é", "a\n", "\u0000", "𝒜", "\u212a"]) {
      expect(isToken(bad)).toBe(false);
    }
  });

  test("agrees with a regular expression on any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), anyToken, fc.string()), (text) => {
        expect(isToken(text)).toBe(/^[A-Za-z0-9_-]{1,64}$/.test(text));
      }),
      { numRuns: 5000 },
    );
  });

  test("may be a word that JavaScript gives a meaning", () => {
    verifies("SUBJ-9");
    for (const word of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(asToken("role", word)).toBe(word);
    }
  });

  test("that does not fit is refused with what would fit", () => {
    verifies("SUBJ-5");
    const refusal = refusalOf(() => asToken("space", "a b"));
    expect(refusal.code).toBe("bad-token");
    expect(refusal.message).toBe('"a b" is not a valid space');
    expect(refusal.hint).toContain('"a_b"');
  });

  test("that was meant to be secret is not repeated by its refusal", () => {
    verifies("SUBJ-7");
    const refusal = refusalOf(() => asToken("secret", "hunter2!"));
    expect(JSON.stringify([refusal.message, refusal.hint, refusal.data])).not.toMatch(/hunter2/);
  });
});

describe("an id", () => {
  test("is 56 base32 characters that begin with U", () => {
    verifies("SUBJ-2");
    expect(asOwnerId(id)).toBe(id);
    for (const bad of [
      "",
      "U",
      id.slice(1),
      `${id}A`,
      `A${id.slice(1)}`,
      id.toLowerCase(),
      `${id.slice(0, 55)}1`,
    ]) {
      expect(isOwnerId(bad)).toBe(false);
      expect(refusalOf(() => asOwnerId(bad)).code).toBe("bad-owner");
    }
  });

  test("with one character outside the alphabet is none", () => {
    fc.assert(
      fc.property(
        anyOwner,
        fc.nat(55),
        fc.constantFrom("0", "1", "8", "a", "_", ".", "é"),
        (owner, at, bad) => {
          expect(isOwnerId(owner)).toBe(true);
          expect(isOwnerId(owner.slice(0, at) + bad + owner.slice(at + 1))).toBe(false);
        },
      ),
    );
  });
});

describe("the guards and refusals", () => {
  test("answer for any value without throwing anything uncoded", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        expect(isToken(value) && typeof value !== "string").toBe(false);
        expect(isOwnerId(value) && typeof value !== "string").toBe(false);
        if (!isToken(value))
          expect(refusalOf(() => asToken("role", value as string))).toBeInstanceOf(CotalError);
        if (!isOwnerId(value)) expect(refusalOf(() => asOwnerId(value as string))).toBeInstanceOf(CotalError);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("text for display", () => {
  test("becomes a token, whatever it was", () => {
    verifies("SUBJ-8");
    expect(token("foo/bar")).toBe("foo_bar");
    expect(token("")).toBe("_");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(isToken(token(text))).toBe(true);
        if (isToken(text)) expect(token(text)).toBe(text);
      }),
    );
  });

  test("is quoted on one bounded line that steers no terminal", () => {
    verifies("SUBJ-7");
    expect(quoted('a"b\n')).toBe('"a\\"b\\n"');
    expect(quoted("\u001b[2J\u009b2J\u202e\u2028")).toBe('"\\u001b[2J\\u{9b}2J\\u{202e}\\u{2028}"');
    expect(quoted("Zoë")).toBe('"Zoë"');
    expect(quoted({ toString: () => "hostile" })).toBe('"object"');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.anything()), (value) => {
        const shown = quoted(value);
        expect(shown.length).toBeLessThan(800);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 2000 },
    );
  });
});
