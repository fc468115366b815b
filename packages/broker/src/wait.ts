import { setTimeout as pause } from "node:timers/promises";

export interface Wait {
  readonly timeoutMs: number;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly pollMs?: number;
}

/** Asks again and again until there is an answer. `undefined` when none came in time. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { timeoutMs, signal, pollMs = 10 }: Wait,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await pause(pollMs, undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  }
}
