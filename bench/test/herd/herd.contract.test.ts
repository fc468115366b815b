import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { idle } from "../../src/herd/idle.ts";
import { massRestart } from "../../src/herd/mass-restart.ts";
import { runRow } from "../../src/run-row.ts";

describe("many peers", () => {
  test("that are idle: the row completes and has the gates of the specification", {
    timeout: 1_200_000,
  }, async () => {
    verifies("BENCH-30");
    const { figures } = await runRow(idle, { size: "smoke" });
    expect(figures.map(({ gate }) => gate)).toEqual([0.03, 0.03, undefined, undefined]);
    for (const { ours, raw } of figures) {
      expect(ours.median).toBeGreaterThanOrEqual(0);
      expect(raw.median).toBeGreaterThanOrEqual(0);
    }
  });

  test("that all lose their power and come back see each other, and have what was said meanwhile once", {
    timeout: 1_200_000,
  }, async () => {
    verifies("BENCH-31");
    const { figures } = await runRow(massRestart, { size: "smoke" });
    expect(figures.map(({ title }) => title)).toEqual(["10 peers: rosters complete, messages handled"]);
    expect(figures[0]?.ours.median).toBeGreaterThan(0);
  });
});
