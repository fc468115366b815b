import type { NatsConnection } from "@nats-io/transport-node";
import { placeOf } from "./ack-count.ts";
import { type Arrivals, createTally } from "./tally.ts";

/** Sees the acknowledgements of one queue as the broker gets them. */
export interface AckWatch {
  expect(count: number): void;
  /** What has this place in the stream was sent at that moment. */
  sent(seq: number, at: bigint): void;
  /** As `Tally.complete`; to have come is to be acknowledged. */
  complete(): Promise<Arrivals>;
}

export function watchAcks(
  connection: NatsConnection,
  { stream, consumer }: { readonly stream: string; readonly consumer: string },
): AckWatch {
  const tally = createTally();
  const sentAt = new Map<number, bigint>();
  const ackedAt = new Map<number, bigint>();

  /** An ack may come before the sender knows the place of what it has sent. */
  const match = (seq: number): void => {
    const [sent, acked] = [sentAt.get(seq), ackedAt.get(seq)];
    if (sent === undefined || acked === undefined) return;
    sentAt.delete(seq);
    ackedAt.delete(seq);
    tally.note(sent, acked);
  };

  connection.subscribe(`$JS.ACK.${stream}.${consumer}.>`, {
    callback: (error, message) => {
      if (error) throw error;
      const seq = placeOf(message.subject);
      if (message.string() !== "+ACK") return;
      ackedAt.set(seq, process.hrtime.bigint());
      match(seq);
    },
  });
  return {
    expect: tally.expect,
    sent: (seq, at) => {
      sentAt.set(seq, at);
      match(seq);
    },
    complete: tally.complete,
  };
}
