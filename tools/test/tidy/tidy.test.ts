import { describe, expect, test } from "vitest";
import { rules, tidy } from "../../src/tidy/tidy.ts";
import { repoOf } from "../repo-of.ts";
import { behaviour } from "./cases/behaviour.ts";
import { library, lines } from "./cases/cases.ts";
import { sizes } from "./cases/sizes.ts";
import { structure } from "./cases/structure.ts";
import { text } from "./cases/text.ts";

const cases = { ...sizes, ...structure, ...behaviour, ...text };

test("every rule has cases of its own, and no cases are left over", () => {
  expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(cases).sort());
});

describe.each(rules.map((rule) => ({ name: rule.name, rule })))("the rule $name", ({ name, rule }) => {
  const { bad = {}, good = {} } = cases[name] ?? {};

  test.each(Object.entries(bad))("finds fault with %s", (_, tree) => {
    expect(rule.findings(repoOf(tree))).not.toEqual([]);
  });

  test.each(Object.entries(good))("lets %s pass", (_, tree) => {
    expect(rule.findings(repoOf(tree))).toEqual([]);
  });

  test("has at least one case of each kind", () => {
    expect([Object.keys(bad).length, Object.keys(good).length]).not.toContain(0);
  });
});

test("a finding names its place, its rule and the fault", () => {
  const tree = library(`${lines(2)}try { f(); } catch {}\n`);
  expect(tidy(repoOf(tree))).toEqual(["packages/low/src/a.ts:3 catches: an empty catch"]);
});
