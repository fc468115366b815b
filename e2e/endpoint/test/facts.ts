import { ensureQueue, type QueueConsumer } from "@cotal/registries";
import { type ConsumerInfo, consumerInfo, requestApi } from "@cotal/session";
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

/** How many entries a stream holds. */
export async function messagesIn(space: TestSpace, stream: string): Promise<number> {
  return await space.as("setup", async (session) => {
    const { state } = await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${stream}`);
    return state.messages;
  });
}

/** What is left to do in a queue, as who it belongs to sees it. */
export interface QueueFacts extends Pick<ConsumerInfo, "num_pending" | "num_ack_pending"> {}

export async function queueFacts(
  space: TestSpace,
  { stream, consumer }: { readonly stream: string; readonly consumer: string },
): Promise<QueueFacts> {
  const { account_details = [] } = await space.broker.jsz();
  const streams = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
  const consumers = streams.find(({ name }) => name === stream)?.consumer_detail ?? [];
  const found = consumers.find(({ name }) => name === consumer) as (QueueFacts & object) | undefined;
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

/** Queues belong to a peer also while it is away; the broker forgets the reader of a registry by itself after 30 s. */
export const isQueue = (thing: string): boolean => /^consumer acme (DM|TASK)_acme (dm|svc)_/.test(thing);
export const isQueueOrWatch = (thing: string): boolean =>
  isQueue(thing) || /^consumer acme KV_\S+ w_/.test(thing);
