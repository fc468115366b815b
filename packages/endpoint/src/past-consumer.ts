import { randomUUID } from "node:crypto";
import {
  type ConsumerInfo,
  type ConsumerSpec,
  createNewConsumer,
  deleteConsumer,
  type Entry,
  readPage,
  type Session,
} from "@cotal/session";
import { type ChannelPattern, CotalError, consumerName, formatPattern, streamName } from "@cotal/subjects";
import type { Core } from "./core.ts";

/** Where in the channel stream reading begins. */
export type Start =
  | { readonly kind: "end" }
  | { readonly kind: "seq"; readonly seq: number }
  /** In ms of broker time. */
  | { readonly kind: "time"; readonly at: number };

/** What the broker says of a place. */
export interface Sight {
  /** The first sequence from there on that is kept; behind the last one when none is. */
  readonly from: number;
  /** How many posts of the channel are there. */
  readonly pending: number;
}

/** Reads posts of a channel through a consumer that lives only as long as that. */
export interface PastConsumer {
  /** Goes to a place. */
  look(start: Start): Promise<Sight>;
  /** Reads on; empty at the end. */
  page(): Promise<readonly Entry[]>;
}

export interface PastUse {
  readonly session: Session;
  /** Under which of the two granted names. One reader at a time may use a name. */
  readonly name: "history" | "backfill";
  readonly channel: ChannelPattern;
  readonly signal?: AbortSignal | undefined;
}

const pageSize = 256;
const nanosPerMs = 1e6;

/** Lends the consumer and removes it afterwards. One that is left over by accident ends by itself. */
export async function withPastConsumer<T>(
  core: Core,
  use: PastUse,
  read: (consumer: PastConsumer) => Promise<T>,
): Promise<T> {
  const { session, name, channel, signal } = use;
  const { space, self } = core;
  const stream = streamName.chat(space);
  const consumer = consumerName[name](self.id);
  const filter = formatPattern({ kind: "chat", space, sender: "*", channel });
  const maxBytes = pageBytes(session);

  let isMade = false;
  /** Where reading goes on. */
  let next = 1;
  const remove = (): Promise<void> => deleteConsumer(session, stream, consumer);
  const make = (start: Start): Promise<ConsumerInfo> =>
    createNewConsumer(session, stream, {
      name: consumer,
      filter_subject: filter,
      ack_policy: "none",
      mem_storage: true,
      inactive_threshold: 30_000 * nanosPerMs,
      // No two are alike, so that one that is left over is never taken for the new one.
      metadata: { made: randomUUID() },
      ...policyOf(start),
    });
  const makeAnew = async (start: Start): Promise<ConsumerInfo> => {
    try {
      return await make(start);
    } catch (error) {
      if (!(error instanceof CotalError && error.code === "consumer-exists")) throw error;
      await remove();
      return await make(start);
    }
  };
  /** The broker moves no consumer to another place. It deals with what one connection asks in that order. */
  const look = async (start: Start): Promise<Sight> => {
    signal?.throwIfAborted();
    const removed = isMade ? remove() : undefined;
    isMade = true;
    const [{ delivered, num_pending }] = await Promise.all([makeAnew(start), removed]);
    next = delivered.stream_seq + 1;
    return { from: next, pending: num_pending };
  };
  const readOn = (): Promise<readonly Entry[]> =>
    readPage(session, { stream, consumer, batch: pageSize, maxBytes, signal });
  /** The broker forgets it when it starts anew, and when nothing is asked of it for long, as while a computer sleeps. */
  const page = async (): Promise<readonly Entry[]> => {
    const entries = await readOn().catch(async (error) => {
      if (!(error instanceof CotalError && error.code === "consumer-missing")) throw error;
      await look({ kind: "seq", seq: next });
      return await readOn();
    });
    next = (entries.at(-1)?.seq ?? next - 1) + 1;
    return entries;
  };

  try {
    return await read({ look, page });
  } finally {
    if (isMade) {
      // Whoever waits for what was read goes on first; to write to the broker takes longer than that.
      await new Promise(setImmediate);
      await remove().catch((error) =>
        core.log({ level: "debug", event: "past.left-over", fields: { consumer, error: String(error) } }),
      );
    }
  }
}

/** The largest entry fits in any case. */
function pageBytes({ connection }: Session): number {
  const { max_payload: largest = 0 } = connection.info ?? {};
  return Math.max(4 * 1024 ** 2, 2 * largest);
}

function policyOf(start: Start): Pick<ConsumerSpec, "deliver_policy" | "opt_start_seq" | "opt_start_time"> {
  switch (start.kind) {
    case "end":
      return { deliver_policy: "new" };
    case "seq":
      return { deliver_policy: "by_start_sequence", opt_start_seq: start.seq };
    case "time":
      return { deliver_policy: "by_start_time", opt_start_time: new Date(start.at).toISOString() };
  }
}
