import { expect, test } from "vitest";
import { createFakeClock } from "../src/fake-clock.ts";
import { createWatchdog } from "../src/watchdog.ts";

test("a watchdog notices silence once, counts from the last sound, and keeps one timer", async () => {
  const clock = createFakeClock();
  let silences = 0;
  const dog = createWatchdog(clock, 1_000, () => silences++);
  expect(clock.pending).toBe(0);
  for (let at = 0; at < 50; at++) {
    dog.feed();
    await clock.advance(100);
    expect(clock.pending).toBe(1);
  }
  expect(silences).toBe(0);
  await clock.advance(899);
  expect(silences).toBe(0);
  await clock.advance(1);
  expect(silences).toBe(1);
  await clock.advance(10_000);
  expect([silences, clock.pending]).toEqual([1, 0]);
  dog.feed();
  dog.rest();
  await clock.advance(10_000);
  expect([silences, clock.pending]).toEqual([1, 0]);
});
