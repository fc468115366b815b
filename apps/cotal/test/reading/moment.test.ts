import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { formatMoment, momentOf, parseSince } from "../../src/reading/moment.ts";
import { readingOptions } from "../../src/reading/reading-options.ts";
import { failureOf } from "../support.ts";

const now = Date.UTC(2026, 10, 21, 12);

describe("since when", () => {
  test.each([
    ["90m", now - 5_400_000],
    ["2d", now - 2 * 86_400_000],
    ["30", now - 30_000],
    ["3650d", now - 3_650 * 86_400_000],
    ["2026-11-21", Date.UTC(2026, 10, 21)],
    ["2026-11-21T09:30:00Z", Date.UTC(2026, 10, 21, 9, 30)],
    ["2026-11-21T09:30:00+02:00", Date.UTC(2026, 10, 21, 7, 30)],
  ])("%s is a moment", (text, at) => {
    verifies("CLI-120");
    expect(momentOf(parseSince(text), now)).toBe(at);
  });

  test.each(["yesterday", "", "-1h", "1.5h", "2026-99-99", "99999d", "1w"])("%j is none", async (text) => {
    verifies("CLI-120");
    expect(await failureOf(() => parseSince(text))).toMatchObject({ code: "bad-number" });
  });

  test.each(["0", "", "many", "-3", "10001", "1e3"])("%j is no number of posts", async (text) => {
    verifies("CLI-120");
    expect(await failureOf(() => readingOptions.limit.parse(text))).toMatchObject({ code: "bad-number" });
  });
});

test("a moment is shown in UTC where that is asked for, else in the time of the place", () => {
  verifies("CLI-120");
  expect(formatMoment(now, { utc: true })).toBe("2026-11-21T12:00:00Z");
  const local = new Date(now);
  expect(formatMoment(now, {})).toBe(
    `2026-11-${String(local.getDate()).padStart(2, "0")} ${String(local.getHours()).padStart(2, "0")}:${String(local.getMinutes()).padStart(2, "0")}:00`,
  );
});
