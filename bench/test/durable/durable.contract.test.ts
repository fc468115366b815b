import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { fanOutAway } from "../../src/durable/away.ts";
import { catchUp } from "../../src/durable/catch-up.ts";
import { fanOut, lastMember } from "../../src/durable/fan-out.ts";
import { growth } from "../../src/durable/growth.ts";
import { durableJoin } from "../../src/durable/joining.ts";
import { narrowing } from "../../src/durable/narrowing.ts";
import { runRow } from "../../src/run-row.ts";

describe.each([
  { row: fanOut(10), gates: [1.1] },
  { row: fanOutAway(10), gates: [2] },
  { row: catchUp, gates: [4, 4] },
  { row: lastMember(10), gates: [4] },
  { row: durableJoin, gates: [4] },
  { row: narrowing, gates: [3] },
  { row: growth, gates: [0.9, 1.1] },
])("$row.id", ({ row, gates }) => {
  test("completes on a real broker with a daemon, and has the gates of the specification", {
    timeout: 300_000,
  }, async () => {
    verifies("BENCH-32");
    const { figures } = await runRow(row, { size: "smoke" });
    expect(figures.map(({ gate }) => gate)).toEqual(gates);
    for (const { ratio } of figures) expect(ratio.median).toBeGreaterThan(0);
  });
});
