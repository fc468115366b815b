import { describe, expect, test } from "vitest";
import { indexRules, readChapter, readRules, specFolder } from "../src/index.ts";

const chapter = (...lines: string[]) => readChapter("a.md", lines.join("\n"));
const planned = (...lines: string[]) =>
  chapter(...lines)
    .filter((one) => one.planned)
    .map(({ id }) => id);

describe("a chapter", () => {
  test("gives the rules that open a list item, with their lines", () => {
    expect(
      chapter("# One", "", "- **WIRE-1** holds", "  - **WIRE-20** holds too", "- WIRE-3 is plain"),
    ).toEqual([
      { id: "WIRE-1", file: "a.md", line: 3, planned: false },
      { id: "WIRE-20", file: "a.md", line: 4, planned: false },
    ]);
  });

  test.each([["*(planned)*"], ["_(planned)_"]])("marked with %s has only planned rules", (mark) => {
    expect(planned(`# One ${mark}`, "- **A-1** x", "## Two", "- **A-2** x")).toEqual(["A-1", "A-2"]);
  });

  test("that speaks of the mark in its heading is not planned by that", () => {
    expect(planned("# What (planned) means", "- **A-1** x", "# *(planned)* ends", "- **A-2** x")).toEqual([]);
  });

  test("ends the mark of a section at the next heading of its rank or a higher one", () => {
    expect(
      planned(
        "# One",
        "- **A-1** x",
        "## Two *(planned)*",
        "- **A-2** x",
        "### Three",
        "- **A-3** x",
        "## Four",
        "- **A-4** x",
      ),
    ).toEqual(["A-2", "A-3"]);
  });

  test("keeps the mark of the outer section below a planned inner one", () => {
    expect(planned("# One *(planned)*", "## Two *(planned)*", "## Three", "- **A-1** x")).toEqual(["A-1"]);
  });

  test("ignores what stands in a code block", () => {
    expect(chapter("```", "- **A-1** x", "# no heading *(planned)*", "```", "- **A-2** x")).toEqual([
      { id: "A-2", file: "a.md", line: 5, planned: false },
    ]);
  });

  test.each([
    ["* **A-1** x"],
    ["- **A-1.** x"],
    ["- **a-1** x"],
    ["- **A-01** x"],
    ["see **A-1**"],
    ["- **A-1**"],
  ])("refuses %j, which nobody would count", (line) => {
    expect(() => chapter("# One", line)).toThrow("a.md:2");
  });
});

test("an id that stands twice is refused with both places", () => {
  const rules = [...chapter("- **A-1** x"), ...readChapter("b.md", "\n- **A-1** y")];
  expect(() => indexRules(rules)).toThrow("A-1 stands twice: a.md:1 and b.md:2");
});

test("the specification of this repository is readable and has no id twice", () => {
  expect(indexRules(readRules(specFolder)).size).toBeGreaterThan(0);
});
