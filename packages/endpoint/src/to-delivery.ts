import type { Disposition } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Delivery, Outcome } from "./delivery.ts";
import type { Desk, Handover } from "./intake.ts";
import type { Settlement } from "./settlement.ts";

/** A message as its receiver sees it, and the one decision about it: whoever comes second changes nothing. */
export interface OpenDelivery {
  readonly delivery: Delivery;
  /** What its queues are told; `undefined` when this changes nothing. */
  settle(settlement: Settlement): Disposition | undefined;
}

export function toDelivery(handover: Handover, desk: Pick<Desk, "settle">): OpenDelivery {
  const { arrival, redelivered, expired } = handover;
  const { accepted, source, historical, seq } = arrival;
  const { message, kind, channel, sender, hops } = accepted;
  let settled = false;
  const settle = (settlement: Settlement): Disposition | undefined => {
    if (settled) return undefined;
    settled = true;
    return desk.settle(handover, settlement);
  };
  const delivery: Delivery = {
    message,
    kind,
    channel,
    sender,
    source,
    historical,
    seq,
    redelivered,
    expired,
    hops,
    settle: (outcome) => {
      settle(asOutcome(outcome));
    },
  };
  return { delivery, settle };
}

const maxDelayMs = 24 * 3_600_000;

/** Refuses what is no outcome: what was settled by mistake cannot be got back. */
export function asOutcome(outcome: Outcome): Outcome {
  if (outcome === "handled") return outcome;
  if (outcome?.kind === "reject" && typeof outcome.reason === "string") return outcome;
  if (outcome?.kind === "retry" && isDelay(outcome.delayMs)) return outcome;
  throw new CotalError("bad-outcome", "this is no outcome of a message", {
    hint: `use "handled", retryLater(delayMs) with at most ${maxDelayMs} ms, or reject(reason)`,
  });
}

function isDelay(delayMs: number | undefined): boolean {
  return delayMs === undefined || (delayMs >= 0 && delayMs <= maxDelayMs);
}
