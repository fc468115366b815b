import { expect, test } from "vitest";
import { readRules, specFolder, verifies } from "../src/index.ts";

/** Under a name of its own, since `pnpm check` counts the calls of `verifies` as citations. */
const cite = verifies;

test("a rule of the specification can be cited", () => {
  const [first] = readRules(specFolder);
  expect(() => cite(first?.id ?? "")).not.toThrow();
});

test("an id that is no rule fails the test that cites it", () => {
  expect(() => cite("NONE-1")).toThrow("NONE-1 is no rule of docs/spec");
});
