import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { watchClock } from "../src/clock-watch.ts";
import { createFakeClock } from "../src/fake-clock.ts";
import { createScope } from "../src/scope.ts";

test("a clock that jumps is noticed, one that only drifts is not", async () => {
  verifies("SESS-17");
  const clock = createFakeClock();
  const scope = createScope({ clock, onFault: () => undefined });
  const jumps: number[] = [];
  watchClock(clock, scope, (byMs) => jumps.push(byMs));
  await clock.advance(60_000);
  clock.jump(20_000);
  await clock.advance(60_000);
  expect(jumps).toEqual([]);
  clock.jump(3_600_000);
  await clock.advance(60_000);
  clock.jump(-45_000);
  await clock.advance(60_000);
  expect(jumps).toEqual([3_600_000, -45_000]);
  await scope.dispose();
  expect(clock.pending).toBe(0);
});
