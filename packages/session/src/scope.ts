import { setMaxListeners } from "node:events";
import { type Clock, sleep } from "./clock.ts";

/** Releases one thing before its scope ends. It runs once; every call waits for that run. */
export type Release = () => Promise<void>;

/**
 * Owns what was opened for one purpose. It ends once: `signal` is aborted first, then everything is
 * released, the latest first; a running task counts as a thing whose release is to wait for its end.
 * What is handed to a scope that has ended is released at once, so a late arrival cannot leak.
 */
export interface Scope extends AsyncDisposable {
  readonly signal: AbortSignal;
  /** Releases something at the end, or earlier by the answer. */
  defer(release: () => void | Promise<void>): Release;
  /** Runs the task again and again, each run `intervalMs` after the last has ended. */
  every(intervalMs: number, label: string, task: (signal: AbortSignal) => Promise<void>): void;
  /** Runs the task now; it ends when `signal` is aborted. A fault is reported under its label. */
  spawn(label: string, task: (signal: AbortSignal) => Promise<void>): void;
  /** Ends the scope. Every call gives the same promise; failed releases come as one rejection. */
  dispose(): Promise<void>;
}

export interface ScopeOptions {
  readonly clock: Clock;
  /** Told about every fault of a task, and about a failed release that nobody waits for. */
  readonly onFault: (label: string, error: unknown) => void;
}

/** The reason of an ended scope's signal; whoever meets it has nothing left to do. */
export class ScopeEnded extends Error {
  override readonly name = "ScopeEnded";

  constructor() {
    super("the scope has ended");
  }
}

export function createScope({ clock, onFault }: ScopeOptions): Scope {
  const abort = new AbortController();
  const { signal } = abort;
  // Everything that lives in a scope listens to its signal; that is no leak.
  setMaxListeners(0, signal);
  const held = new Set<Release>();
  let ending: Promise<void> | undefined;

  const report = (label: string) => (error: unknown) => {
    if (!(signal.aborted && error === signal.reason)) onFault(label, error);
  };

  const defer = (release: () => void | Promise<void>): Release => {
    let running: Promise<void> | undefined;
    const once = (): Promise<void> => {
      held.delete(once);
      running ??= Promise.resolve().then(release);
      return running;
    };
    held.add(once);
    if (signal.aborted && held.size === 1) void finish().catch(report("late release"));
    return once;
  };

  const spawn = (label: string, task: (signal: AbortSignal) => Promise<void>): void => {
    if (signal.aborted) return;
    const run = Promise.resolve()
      .then(() => task(signal))
      .catch(report(label));
    const settled = defer(() => run);
    void run.then(settled);
  };

  const every = (intervalMs: number, label: string, task: (signal: AbortSignal) => Promise<void>): void => {
    spawn(label, async () => {
      for (;;) {
        await sleep(clock, intervalMs, signal);
        await task(signal).catch(report(label));
      }
    });
  };

  const finish = async (): Promise<void> => {
    const failures = await releaseAll(held);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} releases failed`);
  };

  const dispose = (): Promise<void> => {
    if (!ending) {
      abort.abort(new ScopeEnded());
      ending = finish();
    }
    return ending;
  };

  return { signal, defer, every, spawn, dispose, [Symbol.asyncDispose]: dispose };
}

/** Latest first, until none is left: a release may defer another. */
async function releaseAll(held: ReadonlySet<Release>): Promise<unknown[]> {
  const failures: unknown[] = [];
  while (held.size > 0) {
    const latest = [...held].at(-1);
    try {
      await latest?.();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
