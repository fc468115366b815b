import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes, parseBytes } from "../src/bytes.ts";
import { failureOf } from "./support.ts";

describe("a size", () => {
  test.each([
    ["0", 0],
    ["17", 17],
    ["17B", 17],
    ["4GiB", 4 * 1024 ** 3],
    ["512MiB", 512 * 1024 ** 2],
    ["1TiB", 1024 ** 4],
  ])("%s is read", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(["", " 1", "-1", "1.5GiB", "1GB", "GiB", "1e9", "999999999999999TiB", "1gib"])(
    "%j is refused",
    async (text) => {
      expect((await failureOf(() => parseBytes(text))).code).toBe("bad-number");
    },
  );

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [4 * 1024 ** 3, "4 GiB"],
  ])("%i is shown", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("a whole number of units comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1023 }),
        fc.constantFrom("B", "KiB", "MiB", "GiB"),
        (number, unit) => {
          expect(formatBytes(parseBytes(`${number}${unit}`))).toBe(`${number} ${unit}`);
        },
      ),
    );
  });
});
