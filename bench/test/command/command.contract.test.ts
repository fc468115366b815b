import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { command } from "../../src/command/command.ts";
import { runRow } from "../../src/run-row.ts";

test("the row of the command completes, with the gates of the specification", async () => {
  verifies("BENCH-33");
  const { figures } = await runRow(command, { size: "smoke" });
  expect(figures.map(({ gate }) => gate)).toEqual([2.5, 4, 2.5]);
  for (const { ours, raw } of figures) expect(Math.min(ours.median, raw.median)).toBeGreaterThan(0);
});
