import type { Clock } from "./clock.ts";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock ahead or back, as a sleeping laptop or a person does; nothing falls due. */
  jump(ms: number): void;
  /** How many timers are waiting. */
  readonly pending: number;
}

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly task: () => void;
}

/** How often promises get to run between two timers: deeper chains than this are not followed. */
const turnsPerStep = 20;

/** `settle` lets everything that is due run to its end; unless told, some turns of promises do. */
export function createFakeClock(startMs = 1_700_000_000_000, settle: () => Promise<void> = turns): FakeClock {
  const timers = new Set<Timer>();
  let uptime = 0;
  let wall = startMs;
  let order = 0;

  const moveTo = (target: number): void => {
    wall += target - uptime;
    uptime = target;
  };

  return {
    now: () => Math.floor(wall),
    uptime: () => uptime,
    after: (delayMs, task) => {
      const timer = { dueAt: uptime + Math.max(0, delayMs), order: order++, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (ms) => {
      const target = uptime + ms;
      await settle();
      for (let next = firstDue(timers, target); next; next = firstDue(timers, target)) {
        timers.delete(next);
        moveTo(Math.max(uptime, next.dueAt));
        next.task();
        await settle();
      }
      moveTo(target);
    },
    jump: (ms) => {
      wall += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}

function firstDue(timers: ReadonlySet<Timer>, target: number): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (timer.dueAt > target) continue;
    if (!first || timer.dueAt < first.dueAt || (timer.dueAt === first.dueAt && timer.order < first.order)) {
      first = timer;
    }
  }
  return first;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < turnsPerStep; turn++) await Promise.resolve();
}
