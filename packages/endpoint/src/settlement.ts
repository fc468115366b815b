import { backoffMs, type Disposition, type RetryPolicy } from "@cotal/session";
import type { Outcome } from "./delivery.ts";

/** What became of a message in the receiver's hands; `failed`: its handler threw. */
export type Settlement = Outcome | { readonly kind: "failed"; readonly maxAttempts: number };

/** What is known of a message when it is settled. */
export interface Attempts {
  /** How often its handler failed here before. */
  readonly failures: number;
  /** How often its queue has handed it out. */
  readonly deliveries: number;
}

/** Handing a message out again. */
const redeliveryPolicy: RetryPolicy = {
  baseMs: 1_000,
  capMs: 60_000,
  limit: { unboundedBecause: "the receiver bounds its attempts" },
};

/** Of a reason to reject; the broker repeats it to whoever watches the queue. */
const maxReasonLength = 256;

/** What the queues that hold a copy of a message are answered. */
export function dispositionOf(settlement: Settlement, { failures, deliveries }: Attempts): Disposition {
  if (settlement === "handled") return { kind: "ack" };
  switch (settlement.kind) {
    case "reject":
      return { kind: "terminate", reason: settlement.reason.slice(0, maxReasonLength) };
    case "retry":
      return { kind: "retry", delayMs: settlement.delayMs ?? growingDelayMs(deliveries) };
    case "failed":
      return failures + 1 < settlement.maxAttempts
        ? { kind: "retry", delayMs: growingDelayMs(deliveries) }
        : { kind: "terminate", reason: "max-attempts" };
  }
}

function growingDelayMs(deliveries: number): number {
  return backoffMs(redeliveryPolicy, deliveries, 1);
}
