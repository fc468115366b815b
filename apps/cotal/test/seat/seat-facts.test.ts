import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { thisProcess } from "../../src/process/this-process.ts";
import { processFact } from "../../src/seat/seat-facts.ts";

const alive = { holder: { ...thisProcess(), since: 1, socket: "s" } };
const gone = { holder: { ...alive.holder, startTime: "another" } };

test("what is said of an agent's process is true while its holder goes as well", () => {
  verifies("CLI-42");
  for (const phase of ["starting", "waiting"] as const)
    expect(processFact(alive, { phase })).toBe("starting");
  expect(processFact(alive, { phase: "running" })).toBe("running");
  expect(processFact(alive, { phase: "ended" })).toBe("exited");
  for (const phase of ["running", "ended"] as const) {
    expect(processFact(gone, { phase })).toBe("exited");
    expect(processFact({}, { phase })).toBe("stopped");
  }
});
