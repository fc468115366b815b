import { expect, test } from "vitest";
import { reportOf, runChecks } from "../../src/checks/check.ts";
import { chosen, describe } from "../../src/commands/check.ts";

const passing = { name: "good", run: async () => reportOf([], "3 files") };
const failing = { name: "bad", run: async () => reportOf(["a.ts:1 wrong", "b.ts:2 wrong"], "3 files") };
const throwing = {
  name: "broken",
  run: async () => {
    throw new Error("no such tool");
  },
};

test("every check runs, also after one that fails and one that throws", async () => {
  const seen: string[] = [];
  const results = await runChecks([failing, throwing, passing], ({ name, ok }) => seen.push(`${name} ${ok}`));
  expect(seen).toEqual(["bad false", "broken false", "good true"]);
  expect(results[1]?.output).toContain("no such tool");
});

test("a check that fails shows all it has said, one that passes a line", () => {
  const result = { durationMs: 1234 };
  expect(describe({ name: "bad", ...reportOf(["a", "b"]), ...result })).toBe("FAILED  bad (1.2 s)\n  a\n  b");
  expect(describe({ name: "good", ...reportOf([], "3 files"), ...result })).toBe(
    "ok      good (1.2 s): 3 files",
  );
});

test("checks can be chosen by name, and an unknown name is refused", () => {
  expect(chosen([failing, passing], [])).toEqual([failing, passing]);
  expect(chosen([failing, passing], ["good"])).toEqual([passing]);
  expect(() => chosen([failing, passing], ["god"])).toThrow("there is no check god; there are bad, good");
});
