import { createFakeClock, type FakeClock } from "@cotal/session/testing";
import type { Random } from "./day-random.ts";

/** Time that passes only when it is moved, and chance that can be repeated, for everybody in this process. */
export interface SimulatedTime extends Disposable {
  readonly clock: FakeClock;
  /** Lets time pass until it has settled. */
  during<T>(promise: Promise<T>): Promise<T>;
}

const stepMs = 100;
const mostSteps = 100_000;

/** The client of the broker has timers of its own; they are put on the same clock. */
export function simulateTime({ next }: Random): SimulatedTime {
  const { setTimeout, clearTimeout, setImmediate } = globalThis;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const clock = createFakeClock(undefined, turn);
  Object.assign(globalThis, {
    setTimeout: (task: () => void, delayMs = 0) => clock.after(delayMs, task),
    clearTimeout: (cancel?: () => void) => cancel?.(),
  });
  const { random } = Math;
  Math.random = next;
  return {
    clock,
    during: async (promise) => {
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      promise.then(over, over);
      await clock.advance(0);
      for (let step = 0; !isOver && step < mostSteps; step++) await clock.advance(stepMs);
      if (!isOver) throw new Error("time passes, and nothing happens");
      return await promise;
    },
    [Symbol.dispose]: () => {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      Math.random = random;
    },
  };
}
