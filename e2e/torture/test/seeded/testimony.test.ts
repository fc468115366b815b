import { describe, expect, test } from "vitest";
import { bugs } from "../../src/seeded/bugs.ts";
import { controlLine, documentOf, findingLine, isCaught, totalLine } from "../../src/seeded/report.ts";
import { testimonyOfPlay, testimonyOfTests } from "../../src/seeded/testimony.ts";

describe("a play", () => {
  const loss = { of: "loss", text: "p never reached ann" } as const;
  const leak = { of: "leak", text: "p to eve" } as const;

  test("has caught a bug when what is due is among what it found, and not by anything else", () => {
    expect(testimonyOfPlay([], { caughtAs: ["loss"] })).toEqual({ kind: "clean" });
    expect(testimonyOfPlay([leak, loss], { caughtAs: ["loss", "gap"] })).toEqual({
      kind: "caught",
      by: "loss: p never reached ann",
    });
    expect(testimonyOfPlay([leak], { caughtAs: ["loss"] }).kind).toBe("unclear");
  });
});

describe("tests", () => {
  const resultsOf = (...statuses: readonly (readonly [title: string, status: string])[]) => ({
    testResults: [
      { message: "it broke", assertionResults: statuses.map(([title, status]) => ({ title, status })) },
    ],
  });
  const both = [{ testName: "a" }, { testName: "b" }];

  test("say that all is well only when all of them have run and are green", () => {
    expect(testimonyOfTests(resultsOf(["a", "passed"], ["b", "passed"], ["c", "failed"]), both)).toEqual({
      kind: "clean",
    });
    expect(testimonyOfTests(resultsOf(["a", "passed"], ["b", "failed"]), both)).toEqual({
      kind: "caught",
      by: "test: b",
    });
  });

  test.each([
    [[["a", "failed"]]],
    [
      [
        ["a", "failed"],
        ["b", "skipped"],
      ],
    ],
    [[]],
  ] as const)("say nothing when one of them has not run: %j", (statuses) => {
    expect(testimonyOfTests(resultsOf(...statuses), both)).toEqual({
      kind: "unclear",
      why: expect.stringContaining("it broke"),
    });
  });
});

test("what is told names each bug, and counts those that were caught", () => {
  const [one, two] = bugs;
  if (one === undefined || two === undefined) throw new Error("there are no bugs");
  const caught = { bug: one, testimony: { kind: "caught", by: "loss: much" }, seconds: 7 } as const;
  const missed = { bug: two, testimony: { kind: "clean" }, seconds: 12 } as const;
  expect([caught, missed].map(isCaught)).toEqual([true, false]);
  expect(findingLine(caught)).toBe(`caught        7 s  ${one.name}: loss: much`);
  expect(findingLine(missed)).toBe(`NOT caught   12 s  ${two.name}: nothing was found`);
  expect(totalLine([caught, missed])).toBe("1 of 2 caught");
  expect(controlLine({ kind: "caught", by: "a test" })).toContain("a test");
  expect(documentOf({ control: { kind: "clean" }, findings: [caught, missed] })).toMatchObject({
    bugs: [
      { name: one.name, caught: true, seconds: 7 },
      { name: two.name, caught: false },
    ],
  });
});
