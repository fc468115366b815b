import { guardedFolder } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, inject, test } from "vitest";
import { faultNames } from "../src/nemesis.ts";
import { play } from "../src/play.ts";

test("what is promised holds while brokers, daemons, peers and connections break", async () => {
  verifies("DLV-2", "ENDP-23");
  await using folder = await guardedFolder();
  const seed = Date.now() % 2 ** 31;
  const outcome = await play({
    program: inject("program"),
    folder: folder.path,
    seed,
    seconds: 12,
    everyMs: 60,
  });
  expect(outcome).toMatchObject({ seed, violations: [] });
  expect(outcome.stored).toBeGreaterThan(0);
  expect(Object.keys(outcome.faults).every((name) => (faultNames as readonly string[]).includes(name))).toBe(
    true,
  );
});
