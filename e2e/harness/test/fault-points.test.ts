import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFaultPoints } from "../src/fault-points.ts";

describe("fault points", () => {
  test("do nothing and count until one is armed", () => {
    const faults = createFaultPoints();
    faults.reach("a");
    faults.reach("a");
    faults.reach("b");
    expect([...faults.counts]).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  test("throw once, at the time asked for, counted from the arming", async () => {
    const faults = createFaultPoints();
    faults.reach("a");
    const { reached } = faults.arm("a", { kind: "throw", error: new Error("boom") }, 2);
    faults.reach("a");
    expect(() => faults.reach("a")).toThrow("boom");
    await reached;
    faults.reach("a");
    faults.arm("a", { kind: "throw" });
    expect(() => faults.reach("a")).toThrow("fault at a");
  });

  test("hold until released", async () => {
    const faults = createFaultPoints();
    const fault = faults.arm("a", { kind: "hold" });
    const order: string[] = [];
    const passing = Promise.resolve(faults.reach("a")).then(() => order.push("passed"));
    await fault.reached;
    order.push("released");
    fault.release();
    await passing;
    expect(order).toEqual(["released", "passed"]);
  });

  test("hold one fault at a time, which can be taken back", () => {
    const faults = createFaultPoints();
    const fault = faults.arm("a", { kind: "throw" });
    expect(() => faults.arm("a", { kind: "hold" })).toThrow(/armed already/);
    fault.release();
    faults.reach("a");
    faults.arm("a", { kind: "hold" });
  });

  test("kill the process", () => {
    const fixture = join(import.meta.dirname, "fixtures", "killed-at-a-point.ts");
    const node = ["--conditions", "cotal-source", "--import", "tsx", fixture];
    expect(spawnSync(process.execPath, node, { encoding: "utf8" })).toMatchObject({
      stdout: "before",
      signal: "SIGKILL",
    });
  });
});
