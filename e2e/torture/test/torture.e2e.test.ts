import { guardedFolder } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, inject, test } from "vitest";
import type { FaultName } from "../src/nemesis.ts";
import { play } from "../src/play.ts";

/** Those that are over in seconds. */
const faults: readonly [FaultName, ...FaultName[]] = [
  "broker killed",
  "broker stands still",
  "delivery stands still",
  "manager killed",
  "peer killed",
  "peer stands still",
  "connection cut",
  "connection dead",
  "connection refused",
  "connection slow",
  "rights narrowed",
  "channel left",
];

test("what is promised holds while brokers, daemons, peers and connections break", async () => {
  verifies("DLV-2", "ENDP-23");
  await using folder = await guardedFolder();
  const seed = Date.now() % 2 ** 31;
  const outcome = await play({
    program: inject("program"),
    folder: folder.path,
    seed,
    seconds: 8,
    everyMs: 60,
    faults,
  });
  expect(outcome).toMatchObject({ seed, violations: [], skipped: [] });
  expect(outcome.stored).toBeGreaterThan(0);
  expect(Object.keys(outcome.faults).every((name) => (faults as readonly string[]).includes(name))).toBe(
    true,
  );
});
