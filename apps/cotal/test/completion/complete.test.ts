import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../src/catalogue.ts";
import { run } from "../../src/commands/complete.ts";
import { testHost } from "../support.ts";

const complete = async (...typed: string[]): Promise<unknown> => {
  const does = { step: () => undefined, show: () => 0 };
  return (await run({ words: { typed }, options: {}, host: testHost(), catalogue, ...does })).result;
};

describe("a word that is being typed", () => {
  test.each([
    [["sen"], ["send"]],
    [["acl", "n"], ["narrow"]],
    [["channels", "r"], ["rm"]],
    [["channels", "set", "general", "--cl"], ["--class"]],
    [
      ["channels", "set", "general", "--class", ""],
      ["durable", "live"],
    ],
    [["--json", "up", "--sync", "a"], ["always"]],
    [["history", "--sin"], ["--since"]],
    [["send", "--file", "x"], []],
    [["completion", "ba"], ["bash"]],
    [["bogus", ""], []],
    [[], "all"],
  ] as const)("of %j may be %j", async (typed, candidates) => {
    verifies("CLI-14");
    const found = (await complete(...typed)) as { readonly candidates: readonly string[] };
    if (candidates === "all") expect(found.candidates).toEqual(expect.arrayContaining(["up", "acl", "send"]));
    else expect(found.candidates).toEqual(candidates);
    expect(found.candidates).not.toContain("hold");
  });
});
