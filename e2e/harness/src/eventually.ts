import { setTimeout as pause } from "node:timers/promises";

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  /** What is waited for, as the failure words it. */
  readonly what?: string;
}

/**
 * Repeats the check until it neither throws nor answers `false`; its answer is the result. When the
 * time is over, its last failure is thrown, with `what`. A check that hangs is given up likewise.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000, what = "the condition" }: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const end = performance.now() + timeoutMs;
  let failure: Failed = { kind: "failed", why: "the check did not end" };
  for (let pauseMs = 2; performance.now() < end; pauseMs = Math.min(pauseMs * 2, 100)) {
    const attempt = await attempted(check, end - performance.now());
    if (attempt.kind === "passed") return attempt.answer as Exclude<T, false>;
    if (attempt.kind === "failed") failure = attempt;
    await pause(pauseMs);
  }
  throw worded(failure, `${what} did not come about in ${timeoutMs} ms`);
}

interface Failed {
  readonly kind: "failed";
  readonly why: string;
  readonly error?: unknown;
}
type Attempt<T> = { readonly kind: "passed"; readonly answer: T } | Failed | { readonly kind: "hung" };

async function attempted<T>(check: () => T | Promise<T>, timeoutMs: number): Promise<Attempt<T>> {
  const done = new AbortController();
  const hung = pause(timeoutMs, { kind: "hung" } as const, { signal: done.signal, ref: false });
  const asked = answerOf(check).finally(() => done.abort());
  return await Promise.race([asked, hung.catch(() => asked)]);
}

async function answerOf<T>(check: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    const answer = await check();
    return answer === false ? { kind: "failed", why: "it answered false" } : { kind: "passed", answer };
  } catch (error) {
    return { kind: "failed", why: String(error), error };
  }
}

function worded({ why, error }: Failed, headline: string): unknown {
  if (!(error instanceof Error)) return new Error(`${headline}: ${why}`);
  // The same error, so that what a matcher shows (its difference, its stack) stays.
  error.message = `${headline}: ${error.message}`;
  return error;
}
