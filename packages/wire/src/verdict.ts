import type { Channel, OwnerId, Token } from "@cotal/subjects";
import type { GapMarker } from "./gap-marker.ts";
import type { Message } from "./message.ts";

/** Why an entry was not taken. */
export const rejectReasons = [
  "malformed-subject",
  "wrong-route",
  "foreign-header",
  "too-large",
  "malformed-json",
  "sender-mismatch",
  "invalid-envelope",
  "unsigned",
  "bad-signature",
  "replayed",
] as const;
export type RejectReason = (typeof rejectReasons)[number];

export interface Rejection {
  readonly verdict: "reject";
  readonly reason: RejectReason;
}

/** A post that may be shown. Where it was sent to comes from its subject alone. */
export interface Accepted {
  readonly verdict: "ok";
  readonly message: Message;
  readonly kind: AddressingKind;
  readonly channel?: Channel | undefined;
  readonly sender: OwnerId;
  /** How many automatic replies led to it; a count that cannot be read is infinite. */
  readonly hops: number;
  /** When the sender signed it, in broker time; absent where signatures are not checked. */
  readonly signedAt?: number | undefined;
  /** Its place in the channel stream, as a copy of the backstop tells it. */
  readonly seq?: number | undefined;
  readonly copy?: CopyFacts | undefined;
}

export type AddressingKind = "channel" | "dm" | "anycast";

/** What the engine adds to a copy. `seq` is a place in the stream that the message was sent to. */
export interface CopyFacts {
  readonly seq: number;
  /** Broker time in ms at which the channel stream stored the post. */
  readonly storedAt: number;
  /** Join epoch of the membership; 0 for a mention. */
  readonly generation: number;
  readonly reason: "member" | "mention" | "replay";
  /** Which dead letter it was; of a replay alone. */
  readonly letter?: Token | undefined;
}

/** Not a post: the engine says what its owner will not get. */
export interface GapVerdict {
  readonly verdict: "gap";
  readonly gap: GapMarker;
}

export type Verdict = Accepted | GapVerdict | Rejection;

export function reject(reason: RejectReason): Rejection {
  return { verdict: "reject", reason };
}
