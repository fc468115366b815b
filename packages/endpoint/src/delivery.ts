import type { OwnerId } from "@cotal/subjects";
import type { AddressingKind, Message } from "@cotal/wire";
import type { Source } from "./arrival.ts";

/** What a receiver decides about a message. */
export type Outcome = "handled" | Retry | Reject;

/** Hand it out again, later. */
export interface Retry {
  readonly kind: "retry";
  readonly delayMs?: number | undefined;
}

/** Never hand it out again: it cannot be handled. */
export interface Reject {
  readonly kind: "reject";
  readonly reason: string;
}

/** One message, whichever ways it came. */
export interface Delivery {
  readonly message: Message;
  /** From the subject, which the broker vouches for; so are `channel` and `sender`. */
  readonly kind: AddressingKind;
  readonly channel: string | undefined;
  readonly sender: OwnerId;
  readonly source: Source;
  /** Read back rather than heard. */
  readonly historical: boolean;
  readonly seq: number | undefined;
  /** It may have been handled before. */
  readonly redelivered: boolean;
  /** It is past its `expiresAt`. */
  readonly expired: boolean;
  /** How many automatic replies led to it. */
  readonly hops: number;
  /** Decides what becomes of it. Only the first call counts; where nothing can be settled it has no effect. */
  settle(outcome: Outcome): void;
}

export function reject(reason: string): Reject {
  return { kind: "reject", reason };
}

export function retryLater(delayMs?: number): Retry {
  return { kind: "retry", delayMs };
}
