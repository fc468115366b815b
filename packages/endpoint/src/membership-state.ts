import type { Durability } from "./channel-state.ts";
import type { Membership } from "./membership-reconciler.ts";

/** What may be shown of a membership. */
export interface MembershipState {
  readonly durable: Exclude<Durability, "not-durable">;
  readonly reason?: string | undefined;
  readonly generation?: number | undefined;
}

export function membershipStateOf(membership: Membership): MembershipState {
  switch (membership.kind) {
    case "joining":
      return { durable: "pending" };
    case "unheld":
      return {
        durable: passing.has(membership.code) ? "pending" : "unavailable",
        reason: reasonOf(membership.code),
      };
    case "held":
      return { durable: "held", generation: membership.generation };
    case "leaving":
      return { durable: "closing", generation: membership.generation };
    case "unleft":
      return { durable: "closing", generation: membership.generation, reason: reasonOf(membership.code) };
  }
}

/** With these the link is to blame, or the time: more is not known. */
const passing: ReadonlySet<string> = new Set([
  "outcome-unknown",
  "connection-lost",
  "reconnecting",
  "evicted",
]);

function reasonOf(code: string): string {
  return code === "no-responders" ? "delivery-unavailable" : code;
}
