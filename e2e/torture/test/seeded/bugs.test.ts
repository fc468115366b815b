import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readBugArguments } from "../../src/seeded/arguments.ts";
import { bugs } from "../../src/seeded/bugs.ts";
import { type Replacement, seededText } from "../../src/seeded/seeded-bug.ts";
import { hasty } from "../../src/seeded/witnesses.ts";
import { root } from "../../src/seeded/workspace-copy.ts";

const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

describe("a bug", () => {
  test.each<Replacement & { readonly name: string }>([...bugs, { name: "haste", ...hasty }])(
    "has one place in the sources, and changes it: $name",
    ({ file, from, to }) => {
      const text = textOf(file);
      expect(seededText(text, { file, from, to })).not.toBe(text);
    },
  );

  test("has a name of its own, and something that there is to find it", () => {
    expect(new Set(bugs.map(({ name }) => name)).size).toBe(bugs.length);
    for (const { shownBy } of bugs) {
      if (shownBy.kind === "test")
        expect(textOf(shownBy.file)).toContain(`test(${JSON.stringify(shownBy.testName)}`);
    }
  });
});

test("there are at least twenty bugs, and at least eight that are shown by a play", () => {
  expect(bugs.length).toBeGreaterThanOrEqual(20);
  expect(bugs.filter(({ shownBy }) => shownBy.kind === "play").length).toBeGreaterThanOrEqual(8);
});

test.each([
  ["nowhere", "x"],
  ["2 times", "aXa"],
])("what stands %s is not replaced", (times, text) => {
  const from = text === "x" ? "y" : "a";
  expect(() => seededText(text, { file: "some.ts", from, to: "z" })).toThrow(times);
});

describe("the command line", () => {
  test("chooses bugs by a part of their names, and all without one", () => {
    expect(readBugArguments([], bugs)).toEqual({ chosen: bugs, json: false });
    const [first] = bugs;
    expect(readBugArguments(["--json", "--only", first?.name ?? ""], bugs)).toEqual({
      chosen: [first],
      json: true,
    });
  });

  test.each([["--only", "no such bug"], ["--all"], ["word"]])("%s %s is refused", (...words) => {
    expect(() => readBugArguments(words, bugs)).toThrow(
      expect.objectContaining({ code: "usage", hint: expect.stringContaining("torture:bugs") }),
    );
  });
});
