import { verifies } from "@cotal/requirements";
import { asChannelPattern, subjectMatches } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeOf, common, isWithin } from "../../src/rights/change-rights.ts";

const pattern = fc
  .array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 })
  .chain((tokens) => fc.boolean().map((rest) => [...tokens, ...(rest ? [">"] : [])].join(".")))
  .map(asChannelPattern);
const patterns = fc.array(pattern, { maxLength: 4 });
const rights = fc.record({ allowSubscribe: patterns, allowPublish: patterns });
const channel = fc
  .array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 4 })
  .map((tokens) => tokens.join("."));
const allows = (list: readonly string[], name: string): boolean =>
  list.some((each) => subjectMatches(each, name));
const list = (text: string) => text.split(",").filter(Boolean).map(asChannelPattern);

describe("a change of rights", () => {
  test.each([
    ["general", "general", "none"],
    ["team.>", "team.a,team.>", "none"],
    ["general", "general,lab", "widened"],
    ["team.>", "team.a", "narrowed"],
    ["team.a", "", "narrowed"],
    ["team.>", "team.a,lab", "exchanged"],
    ["a", "b", "exchanged"],
  ] as const)("from %s to %s is one that is %s", (before, after, change) => {
    verifies("CLI-132", "CLI-133");
    const [one, other] = [before, after].map((text) => ({ allowSubscribe: list(text), allowPublish: [] }));
    if (one === undefined || other === undefined) throw new Error("two are compared");
    expect(changeOf({ before: one, after: other })).toBe(change);
  });

  test("goes through rights that lie within both, so that nothing is allowed that neither says", () => {
    verifies("CLI-133");
    fc.assert(
      fc.property(rights, rights, channel, (one, other, name) => {
        const both = common(one, other);
        expect([isWithin(both, one), isWithin(both, other)]).toEqual([true, true]);
        if (!allows(one.allowPublish, name)) expect(allows(both.allowPublish, name)).toBe(false);
      }),
    );
  });

  test("keeps through that what is the same on both sides", () => {
    verifies("CLI-133");
    fc.assert(
      fc.property(rights, rights, (one, other) => {
        const both = common({ ...one, allowPublish: other.allowPublish }, other);
        expect(isWithin({ allowSubscribe: [], allowPublish: other.allowPublish }, both)).toBe(true);
      }),
    );
  });
});
