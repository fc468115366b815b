import type { NatsConnection } from "@nats-io/transport-node";
import { type Arrivals, createTally } from "./tally.ts";

/** Counts the entries of some streams that are acked; an entry counts once for each consumer that hands it out. */
export interface AckCount {
  expect(count: number): void;
  /** As `Tally.complete`; to have come is to be acked. */
  complete(): Promise<Arrivals>;
}

export function countAcks(connection: NatsConnection, streams: readonly string[]): AckCount {
  const tally = createTally();
  const acked = new Set<string>();
  for (const stream of streams) {
    connection.subscribe(`$JS.ACK.${stream}.>`, {
      callback: (error, message) => {
        if (error) throw error;
        if (message.string() !== "+ACK") return;
        const entry = `${stream} ${consumerOf(message.subject)} ${placeOf(message.subject)}`;
        if (acked.has(entry)) return;
        acked.add(entry);
        tally.note(process.hrtime.bigint());
      },
    });
  }
  return { expect: tally.expect, complete: tally.complete };
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<place in the stream>.<place in the queue>.<time>.<pending>` */
export function placeOf(subject: string): number {
  return Number(subject.split(".")[5]);
}

function consumerOf(subject: string): string | undefined {
  return subject.split(".")[3];
}
