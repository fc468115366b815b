import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../src/duration.ts";
import { failureOf } from "./support.ts";

describe("a duration", () => {
  test.each([
    ["5", 5000],
    ["500ms", 500],
    ["60s", 60_000],
    ["2m", 120_000],
    ["24h", 86_400_000],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "0", "0ms", "-1s", "1.5s", "1 s", "25h", "s", "1d", "9999999999"])(
    "%j is refused",
    async (text) => {
      expect(await failureOf(() => parseDuration(text))).toMatchObject({ code: "bad-number" });
    },
  );

  test("is shown in seconds, or exactly", () => {
    expect(formatDuration(60_000)).toBe("60 s");
    expect(formatDuration(1500)).toBe("1500 ms");
  });
});
