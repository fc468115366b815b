import { expect, test } from "vitest";
import { readArguments } from "../src/arguments.ts";
import type { Outcome } from "../src/play.ts";
import { linesOf, replayOf } from "../src/report.ts";

const outcome: Outcome = {
  seed: 7,
  faults: { "peer killed": 2, "disk full": 1 },
  skipped: ["lead taken: not here"],
  sent: 30,
  stored: 29,
  received: 12,
  lives: 5,
  violations: [{ of: "loss", text: "a (#team) never reached ben" }],
};

test("an outcome is told with what happened, what could not, and what was wrong", () => {
  const text = linesOf(outcome).join("\n");
  for (const part of ["42", "faults      3", "2 × peer killed", "lead taken: not here", "loss: a (#team)"])
    expect(text).toContain(part);
});

test("what was played can be played again by the words that are shown", () => {
  const played = { seed: 7, seconds: 90, faults: ["disk full", "peer killed"] } as const;
  const words = replayOf(played).match(/"[^"]*"|\S+/g) ?? [];
  expect(readArguments(words.slice(2).map((word) => word.replaceAll('"', "")))).toEqual(played);
  expect(replayOf({ ...played, faults: undefined })).toBe("pnpm torture --seed 7 --minutes 1.5");
});
