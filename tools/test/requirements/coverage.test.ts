import { readChapter } from "@cotal/requirements";
import { expect, test } from "vitest";
import { citationsIn } from "../../src/requirements/citations.ts";
import { coverage } from "../../src/requirements/coverage.ts";
import { filesOf } from "../repo-of.ts";

const rules = readChapter("a.md", "- **A-1** x\n- **A-2** x\n# Later *(planned)*\n- **A-3** x");

/** Written in two parts, so that the citations of these samples do not count as citations of this file. */
const citing = (ids: string) =>
  filesOf({ "packages/a/test/a.test.ts": `test("x", () => { verifies(${ids}); });` });
const faults = (ids: string) => coverage(rules, citationsIn(citing(ids))).faults;

test("nothing is wrong when every built rule is cited", () => {
  expect(faults(`"A-1", "A-2"`)).toEqual([]);
});

test("a built rule that no test cites is a fault at its place", () => {
  expect(faults(`"A-1"`)).toEqual(["docs/spec/a.md:2 A-2 is cited by no test"]);
});

test("a planned rule may be cited and need not be", () => {
  expect(faults(`"A-1", "A-2", "A-3"`)).toEqual([]);
});

test("a citation of what is no rule is a fault", () => {
  expect(faults(`"A-1", "A-2", "B-1"`)).toEqual(["packages/a/test/a.test.ts:1 cites B-1, which is no rule"]);
});

test("a citation that is not written out is a fault, since nobody can count it", () => {
  expect(faults(`"A-1", "A-2", name`)).toEqual([
    "packages/a/test/a.test.ts:1 cites an id that is not written out",
  ]);
});

test("an id that stands twice is a fault with both places", () => {
  const twice = [...rules, ...readChapter("b.md", "- **A-1** y")];
  expect(coverage(twice, citationsIn(citing(`"A-1", "A-2"`))).faults).toEqual([
    "docs/spec/b.md:1 A-1 stands already at docs/spec/a.md:1",
  ]);
});

test("citations count in tests only, and only as calls", () => {
  const files = filesOf({
    "packages/a/src/a.ts": `verifies("A-1");`,
    "packages/a/test/a.test.ts": `// verifies("A-2")\nconst a = 'verifies("A-2")';`,
  });
  expect(citationsIn(files)).toEqual([]);
});

test("the summary counts what is built, cited and planned", () => {
  expect(coverage(rules, citationsIn(citing(`"A-1"`))).summary).toBe(
    "3 rules: 1 of 2 built ones cited, 1 planned",
  );
});
