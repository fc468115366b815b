import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { nearest } from "../src/nearest.ts";

describe("the nearest name", () => {
  test.each([
    ["mian", ["main", "web"], "main"],
    ["wbe", ["main", "web"], "web"],
    ["app", ["apple", "apps"], "apps"],
    ["x", ["main"], undefined],
    ["something", ["main", "web"], undefined],
    ["a", [], undefined],
  ])("of %j among %j is %j", (word, names, near) => {
    verifies("CLI-22");
    expect(nearest(word, names)).toBe(near);
  });
});
