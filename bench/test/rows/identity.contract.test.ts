import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { identity } from "../../src/rows/identity.ts";
import { runRow } from "../../src/run-row.ts";

test("connecting and minting complete on real brokers, and have the gates of the specification", async () => {
  verifies("BENCH-13");
  const { figures } = await runRow(identity, { size: "smoke" });
  expect(figures.map(({ gate }) => gate)).toEqual([2, undefined, undefined, 20]);
  for (const { ratio } of figures) expect(ratio.median).toBeGreaterThan(0);
});
