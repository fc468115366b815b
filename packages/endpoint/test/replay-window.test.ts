import { expect, test } from "vitest";
import { replayWindowMs } from "../src/replay-window.ts";

test("a replay window is read as the time it means", () => {
  expect(["0s", "90s", "30m", "2h", "7d"].map(replayWindowMs)).toEqual([
    0, 90_000, 1_800_000, 7_200_000, 604_800_000,
  ]);
});
