import { systemClock } from "@cotal/session";
import { afterEnd, type Verdict } from "../seat/after-end.ts";
import { isHeld, type Seat } from "../seat/seat.ts";
import type { SeatState } from "../seat/seat-state.ts";

/** Whether an agent is to run, and starts again by itself, and has no process. */
export function isMissing(seat: Seat): boolean {
  return seat.wanted && seat.restart !== "never" && !isHeld(seat);
}

/**
 * What becomes of one that is missing when a manager looks for the first time: the machine, or the manager, was
 * away. Only who has done what it was to do stays away.
 */
export function isToReturn({ restart, holder }: Seat, { phase, exit }: SeatState): boolean {
  return !(holder !== undefined && restart === "on-failure" && phase === "ended" && exit?.code === 0);
}

/**
 * What becomes of one that has gone missing since. Whoever was asked to end, by a signal, has not failed; and who
 * has ended for good, as its policy had it, stays so.
 */
export function afterLoss(
  { holder, restart }: Seat,
  { phase }: SeatState,
  { soon, now = systemClock.now() }: { readonly soon: number; readonly now?: number },
): Verdict {
  if (phase === "ended") return { kind: "over", why: "policy" };
  const ranMs = holder === undefined ? Number.POSITIVE_INFINITY : now - holder.since;
  return afterEnd(restart, { failed: holder !== undefined, ranMs, soon });
}
