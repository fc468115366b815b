import type { Endpoint } from "@cotal/endpoint";
import { ensureQueue, type QueueConsumer } from "@cotal/registries";
import { requestApi } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { TestSpace } from "./space.ts";

/** The error with which a promise fails. */
export async function failureOf(promise: Promise<unknown>): Promise<CotalError> {
  const failure = await promise.then(
    () => "it did not fail",
    (error: unknown) => error,
  );
  if (failure instanceof CotalError) return failure;
  throw new Error(`expected a coded error and not: ${String(failure)}`);
}

/** Who a peer sees alive, by name. */
export function liveNames(peer: Endpoint): string[] {
  return peer
    .roster()
    .filter(({ live }) => live)
    .map(({ name }) => name)
    .sort();
}

/** How many entries a stream holds. */
export async function messagesIn(space: TestSpace, stream: string): Promise<number> {
  return await space.as("setup", async (session) => {
    const { state } = await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${stream}`);
    return state.messages;
  });
}

/** What is left to do in a queue. */
export interface QueueFacts {
  readonly num_pending: number;
  readonly num_ack_pending: number;
}

export async function queueFacts(
  space: TestSpace,
  { stream, consumer }: { readonly stream: string; readonly consumer: string },
): Promise<QueueFacts> {
  const { account_details = [] } = await space.broker.jsz();
  const streams = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
  const consumers = streams.find(({ name }) => name === stream)?.consumer_detail ?? [];
  const found = consumers.find(({ name }) => name === consumer) as QueueFacts | undefined;
  if (!found) throw new Error(`there is no consumer ${consumer} of ${stream}`);
  return { num_pending: found.num_pending, num_ack_pending: found.num_ack_pending };
}

/** Gives a queue an ack wait that a test can sit out. */
export async function shortenAckWait(
  space: TestSpace,
  { stream, config }: QueueConsumer,
  ackWaitMs: number,
): Promise<void> {
  const short = { ...config, ack_wait: ackWaitMs * 1e6 };
  await space.as("provisioner", (session) => ensureQueue(session, { stream, config: short }));
}

/** Queues stay a peer's while it is away; the broker forgets a reader of a registry by itself, after 30 s. */
export const isQueueOrWatch = (thing: string): boolean =>
  /^consumer acme (?:(?:DM|TASK)_acme (?:dm|svc)_|KV_\S+ w_)/.test(thing);
