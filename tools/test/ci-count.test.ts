import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../src/repo/root.ts";
import { scratchTree } from "./scratch-tree.ts";

const tests = (passed: number, more: object = {}) =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
    ...more,
  });
const checks = (passed: number, failed = 0) => JSON.stringify({ passed, failed });

function count(
  results: Record<string, string>,
  codes = [0, 0, 0],
): { last: string | undefined; code: number | null } {
  const args = [join(root, ".ci/count.mjs"), scratchTree(results), ...codes.map(String)];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { last: stdout.trimEnd().split("\n").at(-1), code: status };
}

test("what passed in tests and checks is added up", () => {
  expect(count({ "tests.json": tests(5), "check.json": checks(3) })).toEqual({
    last: "8 passed, 0 failed",
    code: 0,
  });
});

test.each([
  ["a failed test", tests(5, { numFailedTests: 2 }), checks(3), [1, 0, 0], "8 passed, 2 failed"],
  ["a skipped test", tests(5, { numPendingTests: 1 }), checks(3), [0, 0, 0], "8 passed, 1 failed"],
  [
    "a file that cannot be loaded",
    tests(5, { testResults: [{ status: "failed", assertionResults: [] }] }),
    checks(3),
    [1, 0, 0],
    "8 passed, 1 failed",
  ],
  ["a failed check", tests(5), checks(3, 2), [0, 1, 0], "8 passed, 2 failed"],
  ["a bad end without a failed test", tests(5), checks(3), [1, 0, 0], "8 passed, 1 failed"],
  ["no test at all", tests(0), checks(3), [0, 0, 0], "3 passed, 1 failed"],
  ["a process left behind", tests(5), checks(3), [0, 0, 1], "8 passed, 1 failed"],
  ["a result that is cut off", "{", checks(3), [0, 0, 0], "3 passed, 1 failed"],
])("%s is a failure", (_, testResult, checkResult, codes, last) => {
  expect(count({ "tests.json": testResult, "check.json": checkResult }, codes)).toEqual({ last, code: 1 });
});

test("nothing at all is two failures", () => {
  expect(count({}, [127, 127, 0])).toEqual({ last: "0 passed, 2 failed", code: 1 });
});
