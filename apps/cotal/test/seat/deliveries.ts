import type { Delivery } from "@cotal/endpoint";
import { asOwnerId } from "@cotal/subjects";

export const sender = asOwnerId(`U${"A".repeat(55)}`);
export const parts = [{ kind: "text", text: "hello" }] as const;

/** A direct message that says hello. */
export function delivery(change: Partial<Delivery> = {}, mentions?: readonly string[]): Delivery {
  return {
    message: {
      id: "m1",
      ts: 1,
      space: "main",
      from: { id: sender, name: "alice" },
      to: "x",
      parts,
      contextId: "talk",
      ...(mentions && { mentions }),
    },
    kind: "dm",
    channel: undefined,
    sender,
    source: "dm",
    historical: false,
    seq: 1,
    redelivered: false,
    expired: false,
    hops: 2,
    settle: () => undefined,
    ...change,
  };
}
