import type { Disposition } from "@cotal/session";
import type { OwnerId } from "@cotal/subjects";
import type { Arrival } from "./arrival.ts";

/** How often work for the own role is left to others before it is done here. */
const maxHandbacks = 5;
const handbackMs = 1_000;

/** What becomes of a message of one's own without anybody seeing it; `undefined`: it is handed over. */
export function ownDisposition(
  { accepted, deliveries }: Pick<Arrival, "accepted" | "deliveries">,
  self: OwnerId,
): Disposition | undefined {
  if (accepted.sender !== self) return undefined;
  if (accepted.kind !== "anycast") return { kind: "ack" };
  return deliveries > maxHandbacks ? undefined : { kind: "retry", delayMs: handbackMs };
}
