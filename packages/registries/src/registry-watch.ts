import { type Entry, requestApi, resetConsumer, type Session } from "@cotal/session";
import { consumerName, type OwnerId, streamName, type Token, watchedKeys } from "@cotal/subjects";
import { keyOf, type RegistryDefinition } from "./definition.ts";
import type { Arrival } from "./registry-store.ts";

/** What is followed, and by whom. */
export interface WatchPlace<T> {
  readonly definition: RegistryDefinition<T>;
  readonly space: Token;
  readonly id: OwnerId;
  /** Beside the program that is this peer: there is one watch of each kind for a peer. */
  readonly beside?: boolean | undefined;
}

/** How far a consumer was read. It is known by the moment of its making: one of the same name may be another. */
export interface WatchMark {
  readonly created: string;
  readonly revision: number;
}

export interface OpenedWatch {
  readonly consumer: string;
  readonly created: string;
  /** How many entries it has for its reader. */
  readonly pending: number;
  /** Whether it goes on behind the mark; else it begins with the first entry there is. */
  readonly resumed: boolean;
}

interface ConsumerAnswer {
  readonly created: string;
  readonly num_pending: number;
  /** Pulls of those who are still there. */
  readonly num_waiting: number;
  readonly delivered: { readonly consumer_seq: number; readonly stream_seq: number };
}

/** How long a consumer outlives its reader: a short absence costs no new load. */
const inactiveMs = 30_000;

/**
 * The one consumer that the holder of `id` has on this registry, ready to hand out. The broker forgets
 * it with the bucket and with a restart; then it is a new one and everything is read again.
 */
export async function openWatch<T>(
  session: Session,
  { definition, space, id, beside = false }: WatchPlace<T>,
  mark: WatchMark | undefined,
): Promise<OpenedWatch> {
  const stream = streamName.registry(space, definition.registry);
  const consumer = consumerName[beside ? "watchBeside" : "watch"](id);
  const filter = watchedKeys(space, definition.registry);
  const made = await requestApi<ConsumerAnswer>(session, `CONSUMER.CREATE.${stream}.${consumer}.${filter}`, {
    stream_name: stream,
    action: "",
    config: {
      name: consumer,
      filter_subject: filter,
      deliver_policy: "all",
      ack_policy: "none",
      mem_storage: true,
      inactive_threshold: inactiveMs * 1e6,
    },
  });
  const { created } = made;
  const resumed = mark?.created === created;
  if (!resumed && isUntouched(made)) return { consumer, created, pending: made.num_pending, resumed };
  const seq = resumed ? mark.revision + 1 : 1;
  const reset = await resetConsumer(session, { stream, consumer }, seq);
  return {
    consumer,
    created: reset.created,
    pending: reset.num_pending,
    resumed: resumed && reset.created === created,
  };
}

/**
 * Nobody was handed anything of it, nobody waits for something, and it stands at its beginning: who resumed a watch has
 * set it further, and it has handed out nothing since then either.
 */
function isUntouched({ delivered, num_waiting }: ConsumerAnswer): boolean {
  return delivered.consumer_seq === 0 && delivered.stream_seq === 0 && num_waiting === 0;
}

/** What an entry of the bucket says about its key. */
export function toArrival<T>(
  { definition, space }: WatchPlace<T>,
  { subject, seq, headers, data }: Entry,
): Arrival {
  const operation = headers?.get("KV-Operation") ?? "";
  const removed = operation === "DEL" || operation === "PURGE" || headers?.has("Nats-Marker-Reason") === true;
  return { key: keyOf(definition, space, subject), revision: seq, data: removed ? undefined : data };
}
