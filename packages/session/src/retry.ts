import { type Clock, sleep } from "./clock.ts";

/** How often and how fast to try again. A policy without a bound says why it has none. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly capMs: number;
  readonly limit: { readonly attempts: number } | { readonly unboundedBecause: string };
}

/** Redials: a broker may be away for as long as it likes. */
export const redialPolicy: RetryPolicy = {
  baseMs: 250,
  capMs: 10_000,
  limit: { unboundedBecause: "a peer outlives its broker; the link is healed or stopped, never given up" },
};

/** The wait before attempt `attempt` (from 1): full jitter below a doubling, capped bound. `random` is in [0, 1). */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const bound = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(bound * random);
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  /** Says whether a failure may pass by itself. */
  readonly transient: (error: unknown) => boolean;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** Repeats until it succeeds, fails for good, runs out of attempts, or is aborted. */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { clock, policy, transient, random = Math.random, signal, onRetry } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (isLast(policy, attempt) || !transient(error)) throw error;
      onRetry?.(error, attempt);
      await sleep(clock, backoffMs(policy, attempt, random()), signal);
    }
  }
}

function isLast({ limit }: RetryPolicy, attempt: number): boolean {
  return "attempts" in limit && attempt >= limit.attempts;
}
