import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createFakeClock } from "../src/fake-clock.ts";
import { createScope, ScopeEnded } from "../src/scope.ts";

function newScope() {
  const clock = createFakeClock();
  const faults: unknown[] = [];
  const scope = createScope({ clock, onFault: (label, error) => faults.push([label, error]) });
  return { clock, faults, scope };
}

describe("scope", () => {
  test("releases the latest first, each once, after the signal", async () => {
    verifies("SESS-20");
    const { scope } = newScope();
    const order: unknown[] = [];
    scope.defer(() => void order.push("first"));
    scope.defer(async () => {
      await Promise.resolve();
      order.push(scope.signal.aborted ? "second, signalled" : "second");
    });
    await Promise.all([scope.dispose(), scope.dispose(), scope[Symbol.asyncDispose]()]);
    expect(order).toEqual(["second, signalled", "first"]);
  });

  test("collects what fails and releases the rest all the same", async () => {
    verifies("SESS-20");
    const { scope } = newScope();
    const order: string[] = [];
    const broken = (name: string) => () => {
      order.push(name);
      throw new Error(name);
    };
    scope.defer(broken("a"));
    scope.defer(() => void order.push("b"));
    scope.defer(broken("c"));
    const error = await scope.dispose().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(["Error: c", "Error: a"]);
    expect(order).toEqual(["c", "b", "a"]);
    await expect(scope.dispose()).rejects.toBe(error);
  });

  test("an early release runs at once and not again at the end", async () => {
    const { scope } = newScope();
    let released = 0;
    const release = scope.defer(() => void released++);
    await release();
    await release();
    await scope.dispose();
    expect(released).toBe(1);
  });

  test("what comes after the end is released at once", async () => {
    verifies("SESS-21");
    const { scope, faults } = newScope();
    await scope.dispose();
    const released: string[] = [];
    scope.defer(() => void released.push("late"));
    scope.defer(() => void released.push("later"));
    scope.defer(() => {
      throw new Error("late and broken");
    });
    let ran = false;
    scope.spawn("late task", async () => {
      ran = true;
    });
    await new Promise(setImmediate);
    expect(released.sort()).toEqual(["late", "later"]);
    expect(ran).toBe(false);
    expect(faults).toEqual([["late release", new Error("late and broken")]]);
  });

  test("what a release defers is released too", async () => {
    verifies("SESS-20");
    const { scope } = newScope();
    const order: string[] = [];
    scope.defer(() => {
      order.push("outer");
      scope.defer(() => void order.push("inner"));
    });
    await scope.dispose();
    expect(order).toEqual(["outer", "inner"]);
  });

  test("waits for running tasks in their place and reports their faults, not their abort", async () => {
    verifies("SESS-22");
    const { scope, faults } = newScope();
    const order: string[] = [];
    scope.defer(() => void order.push("resource"));
    scope.spawn("obedient", async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      order.push("task");
      throw signal.reason;
    });
    scope.spawn("broken", async () => {
      throw new Error("fault");
    });
    await Promise.resolve();
    await scope.dispose();
    expect(order).toEqual(["task", "resource"]);
    expect(faults).toEqual([["broken", new Error("fault")]]);
    expect(scope.signal.reason).toBeInstanceOf(ScopeEnded);
  });

  test("a repeated task never overlaps itself, survives its faults, and ends with the scope", async () => {
    verifies("SESS-23");
    const { clock, scope, faults } = newScope();
    let running = 0;
    let runs = 0;
    scope.every(100, "beat", async () => {
      expect(++running).toBe(1);
      await new Promise<void>((resolve) => void clock.after(250, resolve));
      running--;
      if (++runs === 2) throw new Error("second run");
    });
    await clock.advance(1_500);
    expect(runs).toBe(4);
    expect(faults).toEqual([["beat", new Error("second run")]]);
    const ended = scope.dispose();
    await clock.advance(1_000);
    await ended;
    expect(clock.pending).toBe(0);
    expect(runs).toBeLessThanOrEqual(5);
  });
});
