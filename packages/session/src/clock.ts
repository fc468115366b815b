import { onAbort, unlessAborted } from "./abort.ts";

/** Time as a dependency: everything that waits or looks at the time takes one. */
export interface Clock {
  /** Milliseconds since 1970. It jumps when the wall clock is set or the machine slept. */
  now(): number;
  /** Milliseconds that only ever grow; for measuring how long something took. */
  uptime(): number;
  /** Runs the task once, later. The answer cancels it; cancelling late or twice is harmless. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Waits, or rejects with the reason of the signal as soon as it is aborted. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const forget = signal ? onAbort(signal, () => stop(() => reject(signal.reason))) : () => undefined;
    const cancel = clock.after(delayMs, () => stop(resolve));
    const stop = (settle: () => void): void => {
      cancel();
      forget();
      settle();
    };
  });
}

export interface Deadline<T> {
  readonly timeoutMs: number;
  readonly onLate: () => T | Promise<T>;
  readonly signal?: AbortSignal;
}

/** The promise, or `onLate()` when it has not settled in time. The loser is left to itself. */
export async function withDeadline<T>(clock: Clock, promise: Promise<T>, deadline: Deadline<T>): Promise<T> {
  const { timeoutMs, onLate, signal } = deadline;
  let cancel: () => void = () => undefined;
  const late = new Promise<T>((resolve) => {
    cancel = clock.after(timeoutMs, () => resolve(onLate()));
  });
  try {
    return await unlessAborted(Promise.race([promise, late]), signal);
  } finally {
    cancel();
  }
}
