import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { CotalError, errorCodes } from "../src/index.ts";

test("every code is in kebab case and has a meaning of its own", () => {
  verifies("SUBJ-23");
  const meanings = Object.values(errorCodes);
  for (const code of Object.keys(errorCodes)) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  for (const meaning of meanings) expect(meaning).toMatch(/^\S.*\S$/);
  expect(new Set(meanings).size).toBe(meanings.length);
});

test("an error carries its code, and hint, facts and cause when there are any", () => {
  verifies("SUBJ-23");
  const cause = new Error("below");
  const full = new CotalError("bad-channel", "what happened", {
    hint: "what to do",
    data: { given: "a b" },
    cause,
  });
  expect(full).toBeInstanceOf(Error);
  expect(String(full)).toBe("CotalError: what happened");
  expect(full).toMatchObject({ code: "bad-channel", hint: "what to do", data: { given: "a b" }, cause });
  const bare = new CotalError("bad-token", "what happened");
  expect(bare.hint).toBeUndefined();
  expect(bare.data).toEqual({});
  expect("cause" in bare).toBe(false);
});
