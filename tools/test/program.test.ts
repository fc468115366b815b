import { expect, test } from "vitest";
import { run } from "../src/program.ts";

test.each([
  ["no command", []],
  ["an unknown command", ["chekc"]],
  ["a word too many", ["sync", "now"]],
  ["a package without a description", ["new-package", "thing"]],
  ["a description in loose words", ["new-package", "thing", "Things", "that"]],
])("%s shows how the commands are used", async (_, args) => {
  const printed: string[] = [];
  expect(await run(args, (text) => printed.push(text))).toBe(2);
  expect(printed.join("\n")).toContain("usage: pnpm");
});

test("an unknown option is refused", async () => {
  await expect(run(["check", "--fast"], () => undefined)).rejects.toThrow("--fast");
});
