import { setTimeout as pause } from "node:timers/promises";

export interface Wait {
  readonly timeoutMs: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The longest pause between two questions. */
  readonly pollMs?: number;
}

/** Asks again and again, at first soon, until there is an answer. `undefined` when none came in time. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { timeoutMs, signal, pollMs = 10 }: Wait,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (let pauseMs = firstMs(pollMs); ; pauseMs = Math.min(pollMs, pauseMs * 1.5)) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await pause(pauseMs, undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  }
}

/** Most of what is waited for takes milliseconds. Where a question about a process is a process itself, it is not hurried. */
function firstMs(pollMs: number): number {
  return process.platform === "linux" ? 1 : pollMs;
}
