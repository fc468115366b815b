import { backoffMs, type RetryPolicy } from "@cotal/session";
import type { RestartPolicy } from "./restart-policy.ts";

/** One end of an agent that nobody asked for. */
export interface End {
  readonly failed: boolean;
  readonly ranMs: number;
  /** How many ends before this one came too soon, one after the other. */
  readonly soon: number;
}

export type Verdict =
  | { readonly kind: "again"; readonly delayMs: number; readonly soon: number }
  | { readonly kind: "over"; readonly why: "policy" | "crash-loop" };

/** Who has run this long was well. */
const wellMs = 5_000;
/** So many ends too soon, one after the other, and it will not get better by itself. */
const mostSoon = 5;

const pauses: RetryPolicy = {
  baseMs: 500,
  capMs: 30_000,
  limit: { unboundedBecause: "the ends that come too soon are counted here" },
};

/** Whether an agent that has ended is to be started again, and after which pause. `random` is in [0, 1). */
export function afterEnd(
  policy: RestartPolicy,
  { failed, ranMs, soon }: End,
  random: () => number = Math.random,
): Verdict {
  const wanted = policy === "always" || (policy === "on-failure" && failed);
  if (!wanted) return { kind: "over", why: "policy" };
  const now = ranMs < wellMs ? soon + 1 : 0;
  if (now >= mostSoon) return { kind: "over", why: "crash-loop" };
  // At least half of it, so that a loop is slow whatever chance says.
  return { kind: "again", delayMs: backoffMs(pauses, Math.max(1, now), 0.5 + random() / 2), soon: now };
}
