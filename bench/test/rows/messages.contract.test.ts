import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { direct } from "../../src/rows/direct.ts";
import { history } from "../../src/rows/history.ts";
import { liveLatency, liveThroughput } from "../../src/rows/live.ts";
import { readiness } from "../../src/rows/readiness.ts";
import { runRow } from "../../src/run-row.ts";

describe.each([
  { row: liveLatency, cite: () => verifies("BENCH-14"), gates: [1.2, 2.5] },
  { row: liveThroughput, cite: () => verifies("BENCH-14"), gates: [0.8, 0.85, 0.5, 0.5] },
  { row: direct, cite: () => verifies("BENCH-14"), gates: [1.25, 0.8] },
  { row: readiness, cite: () => verifies("BENCH-19"), gates: [3, 5] },
  { row: history, cite: () => verifies("BENCH-20"), gates: [1.5] },
])("$row.id", ({ row, cite, gates }) => {
  test("completes on real brokers and has the gates of the specification", async () => {
    cite();
    const { figures } = await runRow(row, { size: "smoke" });
    expect(figures.map(({ gate }) => gate)).toEqual(gates);
    for (const { ratio } of figures) expect(ratio.median).toBeGreaterThan(0);
  });
});
