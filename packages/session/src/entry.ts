import { CotalError } from "@cotal/subjects";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";

/** A stored message as a consumer hands it out. */
export interface Entry {
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly data: Uint8Array;
  /** Its place in the stream. */
  readonly seq: number;
  /** Its place among what this consumer has handed out; without a hole when nothing was lost on the way. */
  readonly delivery: number;
  /** How often it was handed out, from 1. */
  readonly deliveries: number;
  /** When it was stored, in milliseconds of the broker's clock. */
  readonly storedAt: number;
  /** How many more matched when it was handed out. */
  readonly pending: number;
  /** Where it is settled. */
  readonly ackSubject: string;
}

/** Reads what the broker writes into the reply subject of a delivery. */
export function toEntry(message: Msg): Entry {
  const ackSubject = message.reply ?? "";
  const tokens = ackSubject.split(".");
  // "$JS.ACK.<stream>.<consumer>.…" or "$JS.ACK.<domain>.<account>.<stream>.<consumer>.…"
  const at = tokens.length === 9 ? 4 : 6;
  const [deliveries, seq, delivery, nanos, pending] = tokens.slice(at, at + 5).map(Number);
  if (tokens[1] !== "ACK" || !deliveries || !seq || !delivery || !nanos || pending === undefined) {
    throw new CotalError("bad-reply", "this is not a delivery of a consumer", { data: { ackSubject } });
  }
  return {
    subject: message.subject,
    headers: message.headers,
    data: message.data,
    seq,
    delivery,
    deliveries,
    storedAt: Math.floor(nanos / 1e6),
    pending,
    ackSubject,
  };
}
