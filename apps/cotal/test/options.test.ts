import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { flagOf, optionTable, variableOf } from "../src/option-table.ts";
import { resolveOptions } from "../src/options.ts";
import { failureOf } from "./support.ts";

describe("an option", () => {
  test("that is not given has no value", () => {
    expect(resolveOptions(["port", "open"], {}, {})).toEqual({});
  });

  test("is read from its flag, else from its variable", () => {
    verifies("CLI-19");
    expect(resolveOptions(["port", "open"], { port: "4222" }, { COTAL_PORT: "1", COTAL_OPEN: "1" })).toEqual({
      port: 4222,
      open: true,
    });
    expect(resolveOptions(["port"], {}, { COTAL_PORT: "1" })).toEqual({ port: 1 });
  });

  test("of another command is not looked at, whatever its variable says", () => {
    expect(resolveOptions(["open"], {}, { COTAL_PORT: "no port" })).toEqual({});
  });

  test("has a flag and a variable that follow from its name", () => {
    verifies("CLI-3", "CLI-19");
    const names = Object.keys(optionTable) as (keyof typeof optionTable)[];
    for (const name of names) {
      expect(flagOf(name)).toMatch(/^--[a-z]+(-[a-z]+)*$/);
      expect(variableOf(name)).toBe(`COTAL_${flagOf(name).slice(2).replaceAll("-", "_").toUpperCase()}`);
    }
  });

  test("that is a flag takes 1 and 0 from its variable, and nothing else", async () => {
    expect(resolveOptions(["open"], {}, { COTAL_OPEN: "true" })).toEqual({ open: true });
    expect(resolveOptions(["open"], {}, { COTAL_OPEN: "0" })).toEqual({ open: false });
    expect(resolveOptions(["open"], {}, { COTAL_OPEN: "" })).toEqual({});
    const failure = await failureOf(() => resolveOptions(["open"], {}, { COTAL_OPEN: "yes" }));
    expect(failure).toMatchObject({ code: "usage", message: expect.stringContaining("COTAL_OPEN") });
  });

  test.each([
    ["port", "0", "bad-number"],
    ["port", "65536", "bad-number"],
    ["port", "4222x", "bad-number"],
    ["space", "a b", "bad-token"],
    ["space", "../x", "bad-token"],
    ["sync", "often", "usage"],
    ["storage", "much", "bad-number"],
    ["as", "", "bad-token"],
  ] as const)("--%s %j is refused and named", async (name, text, code) => {
    const failure = await failureOf(() => resolveOptions([name], { [name]: text }, {}));
    expect(failure).toMatchObject({ code, data: { option: name } });
    expect(failure.message).toContain(flagOf(name));
  });
});
