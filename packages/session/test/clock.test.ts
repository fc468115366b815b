import { describe, expect, test } from "vitest";
import { type Clock, sleep, systemClock, withDeadline } from "../src/clock.ts";
import { createFakeClock } from "../src/fake-clock.ts";

describe.each([
  ["the system clock", systemClock],
  ["the fake clock", movingByItself()],
] as const)("%s", (_name, clock) => {
  test("runs what was asked for later, the earlier first", async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      clock.after(40, () => {
        order.push("late");
        resolve();
      });
      clock.after(1, () => order.push("early"));
    });
    expect(order).toEqual(["early", "late"]);
  });

  test("does not run what was cancelled, and cancelling late is harmless", async () => {
    let ran = 0;
    const never = clock.after(1, () => ran++);
    never();
    const once = clock.after(1, () => ran++);
    await sleep(clock, 20);
    once();
    never();
    expect(ran).toBe(1);
  });

  test("uptime only grows", async () => {
    const before = clock.uptime();
    await sleep(clock, 5);
    expect(clock.uptime()).toBeGreaterThan(before);
  });

  test("sleep ends with the reason of an abort, at once", async () => {
    const abort = new AbortController();
    const asleep = sleep(clock, 60_000, abort.signal);
    abort.abort("enough");
    await expect(asleep).rejects.toBe("enough");
    await expect(sleep(clock, 60_000, abort.signal)).rejects.toBe("enough");
  });

  test("a deadline answers in place of a promise that is late, and leaves one in time alone", async () => {
    const late = withDeadline(clock, new Promise<string>(() => undefined), {
      timeoutMs: 5,
      onLate: () => "late",
    });
    await expect(late).resolves.toBe("late");
    const inTime = withDeadline(clock, Promise.resolve("in time"), {
      timeoutMs: 60_000,
      onLate: () => "late",
    });
    await expect(inTime).resolves.toBe("in time");
    const failed = withDeadline(clock, Promise.reject(new Error("failed")), {
      timeoutMs: 60_000,
      onLate: () => "late",
    });
    await expect(failed).rejects.toThrow("failed");
  });
});

test("a fake clock keeps the wall clock apart from the time that passes", async () => {
  const clock = createFakeClock(1_000);
  let rang = false;
  clock.after(50, () => {
    rang = true;
  });
  clock.jump(-400);
  await clock.advance(49);
  expect([clock.now(), clock.uptime(), rang]).toEqual([649, 49, false]);
  await clock.advance(1);
  expect([rang, clock.pending]).toEqual([true, 0]);
});

/** A fake clock that moves as soon as everybody waits, so that it can stand in for a real one. */
function movingByItself(): Clock {
  const clock = createFakeClock();
  return {
    ...clock,
    after: (delayMs, task) => {
      const cancel = clock.after(delayMs, task);
      if (delayMs < 1_000) setImmediate(() => void clock.advance(delayMs));
      return cancel;
    },
  };
}
