import type { Clock } from "./clock.ts";
import type { Scope } from "./scope.ts";

const tickMs = 5_000;
const jumpMs = 30_000;

/**
 * Notices that the machine slept or that its clock was set: between two ticks the wall clock has
 * moved by more than half a minute too much or too little.
 */
export function watchClock(clock: Clock, scope: Scope, onJump: (byMs: number) => void): void {
  let expected = clock.now() + tickMs;
  scope.every(tickMs, "clock watch", async () => {
    const now = clock.now();
    const byMs = now - expected;
    expected = now + tickMs;
    if (Math.abs(byMs) > jumpMs) onJump(byMs);
  });
}
