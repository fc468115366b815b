import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { commandTable } from "../src/command-table.ts";
import { commonOptions, flagOf, variableOf } from "../src/option-table.ts";
import { nameIn, parse } from "../src/parse.ts";
import { failureOf } from "./support.ts";

describe("a command line", () => {
  test("names its command before or after the options that all take", async () => {
    expect(await parse(["--json", "version"])).toMatchObject({
      kind: "run",
      name: "version",
      given: { json: true },
    });
    expect(await parse(["version", "--json"])).toMatchObject({
      kind: "run",
      name: "version",
      given: { json: true },
    });
  });

  test("without a command is bare", async () => {
    verifies("CLI-13");
    expect(await parse([])).toEqual({ kind: "bare" });
  });

  test("that asks for help gets that of the command", async () => {
    for (const words of [
      ["down", "--help"],
      ["help", "down"],
      ["--json", "help", "down"],
    ]) {
      expect(await parse(words)).toMatchObject({ kind: "help", text: expect.stringContaining("cotal down") });
    }
    for (const words of [["help"], ["--help"]]) {
      expect(await parse(words)).toMatchObject({ kind: "help", text: expect.stringContaining("status") });
    }
  });

  test.each([
    ["statsu", "status"],
    ["dwon", "down"],
    ["pats", "paths"],
  ])("with the unknown command %s names the nearest one", async (word, nearest) => {
    verifies("CLI-12");
    for (const words of [[word], [word, "--help"], ["help", word], [word, "--json"]]) {
      const failure = await failureOf(() => parse(words));
      expect(failure).toMatchObject({ code: "usage", data: { nearest } });
      expect(failure.hint).toContain(nearest);
    }
  });

  test.each([
    ["--bogus"],
    ["toString"],
    ["__proto__"],
    ["constructor", "--help"],
    ["up", "--bogus"],
    ["up", "extra"],
    ["up", "--space"],
    ["status", "--port", "1"],
    ["\u001b[31m"],
    ["up", "--json=maybe"],
  ])("%j %j is refused with the help to look at", async (...words) => {
    verifies("CLI-6");
    const failure = await failureOf(() => parse(words));
    expect(failure).toMatchObject({ code: "usage", hint: expect.stringContaining("--help") });
  });
});

describe("every command", () => {
  test.each(Object.keys(commandTable))(
    "%s exports its definition and what it runs, and shows both in its help",
    async (name) => {
      verifies("CLI-1", "CLI-3", "CLI-19");
      const command = await commandTable[name]?.load();
      expect(Object.keys(command ?? {})).toEqual(expect.arrayContaining(["definition", "run"]));
      const help = await parse([...name.split(" "), "--help"]);
      const text = help.kind === "help" ? help.text.replace(/\s+/g, " ") : "";
      for (const option of [...commonOptions, ...(command?.definition.options ?? [])]) {
        expect(text).toContain(flagOf(option));
        expect(text).toContain(`[${variableOf(option)}]`);
      }
    },
  );
});

test("the name of a command is the first word that is no option", () => {
  expect(nameIn(["--json", "up", "x"])).toBe("up");
  expect(nameIn(["help", "up"])).toBe("up");
  expect(nameIn(["--json"])).toBeUndefined();
});

describe("a family of commands", () => {
  test("is its first command when it stands alone, and names the others in its help", async () => {
    verifies("CLI-3");
    for (const words of [
      ["channels"],
      ["--json", "channels"],
      ["channels", "--json"],
      ["channels", "list"],
    ]) {
      expect(nameIn(words)).toBe("channels list");
      expect(await parse(words)).toMatchObject({ kind: "run", name: "channels list", words: [] });
    }
    for (const words of [
      ["channels", "--help"],
      ["help", "channels"],
    ]) {
      expect(await parse(words)).toMatchObject({
        kind: "help",
        text: expect.stringContaining("cotal channels"),
      });
    }
    expect(await parse(["acl", "explain", "bob", "general"])).toMatchObject({ words: ["bob", "general"] });
  });

  test("refuses what it has not, with the nearest that it has", async () => {
    verifies("CLI-12");
    expect(await failureOf(() => parse(["channels", "lsit"]))).toMatchObject({
      code: "usage",
      data: { nearest: "list" },
      hint: expect.stringContaining("cotal channels --help"),
    });
    expect(await failureOf(() => parse(["acl"]))).toMatchObject({ code: "usage" });
  });
});
