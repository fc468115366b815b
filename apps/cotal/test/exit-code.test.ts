import { readFileSync } from "node:fs";
import { verifies } from "@cotal/requirements";
import { type ErrorCode, errorCodes } from "@cotal/subjects";
import { expect, test } from "vitest";
import { exitCodeOf } from "../src/exit-code.ts";

const chapter = readFileSync(new URL("../../../docs/spec/9-cli.md", import.meta.url), "utf8");
const documented = [...chapter.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));

test("every failure has an exit code of the documented table, and never 0", () => {
  verifies("CLI-17");
  const used = new Set((Object.keys(errorCodes) as ErrorCode[]).map(exitCodeOf));
  expect(documented).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
  expect([...used].sort((a, b) => a - b)).toEqual(documented.filter((code) => code !== 0));
});

test.each([
  ["usage", 2],
  ["not-confirmed", 2],
  ["mesh-absent", 3],
  ["auth-expired", 4],
  ["not-allowed", 5],
  ["unreachable", 6],
  ["outcome-unknown", 7],
  ["mesh-differs", 8],
  ["interrupted", 130],
  ["internal", 1],
] as const)("%s is exit code %i", (code, exitCode) => {
  verifies("CLI-17");
  expect(exitCodeOf(code)).toBe(exitCode);
});
