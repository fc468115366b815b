import type { Scope } from "@cotal/session";
import { streamName } from "@cotal/subjects";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { channel } from "../space/bench-space.ts";
import { use } from "../space/opened.ts";
import { rawBody } from "../space/raw-body.ts";
import { addTwin } from "../space/raw-twin.ts";
import { stampedText } from "../space/stamp.ts";
import { startWorker } from "../space/worker.ts";
import type { CopyOrder } from "./copy-order.ts";
import type { DurableSide } from "./durable-side.ts";

/** Posts of the bare client, on streams and consumers that are configured as ours are. */
export interface RawPosts {
  readonly processes: readonly number[];
  /** Where whatever is acked is kept. */
  readonly streams: readonly string[];
  post(): Promise<unknown>;
}

const posts = "RAW_POSTS";
const copies = "RAW_COPIES";

/** What somebody builds who has no engine: a program that stores a copy of each post for each member. */
export async function openCopier(scope: Scope, side: DurableSide, bytes: number): Promise<RawPosts> {
  const { space, raw, crowd } = side;
  const post = await addPosts(side, bytes);
  const from = { stream: posts, consumer: "copier" } as const;
  await raw.manager.consumers.add(posts, {
    durable_name: from.consumer,
    max_ack_pending: 1_000,
    ...explicit,
  });
  const stores = await addCopyStores(side);
  const copier = use(scope, startWorker(new URL("copier-bin.ts", import.meta.url)));
  const order: CopyOrder = { access: space.raw, from, to: stores.map(({ subject }) => subject) };
  await copier.ask("copy", order);
  const consumers = stores.map(({ consumer }) => consumer);
  await crowd.gatherRaw({ access: space.raw, stream: copies, consumers });
  return { processes: [copier.pid], streams: [copies], post };
}

/** One stream from which each member reads by itself. */
export async function openDurables(_: Scope, side: DurableSide, bytes: number): Promise<RawPosts> {
  const { space, raw, crowd, members } = side;
  const post = await addPosts(side, bytes);
  const consumers = members.map((_, at) => `member-${at}`);
  for (const durable_name of consumers) {
    const config = { durable_name, filter_subject: postSubject, max_ack_pending: 256, mem_storage: true };
    await raw.manager.consumers.add(posts, { ...config, ...explicit });
  }
  await crowd.gatherRaw({ access: space.raw, stream: posts, consumers });
  return { processes: [], streams: [posts], post };
}

const postSubject = `raw.posts.${channel}`;

async function addPosts(
  { space: { space }, raw: { manager, jetstream } }: DurableSide,
  bytes: number,
): Promise<RawPosts["post"]> {
  await addTwin(manager, { of: streamName.chat(space), name: posts, subjects: "raw.posts.>" });
  return () => jetstream.publish(postSubject, rawBody(stampedText(), bytes));
}

export interface CopyStore {
  readonly stream: string;
  readonly consumer: string;
  /** What the consumer is for. */
  readonly subject: string;
}

/** A stream for the copies of all members, and in it a consumer for each. */
export async function addCopyStores({
  space: { space },
  raw: { manager },
  members,
}: Pick<DurableSide, "space" | "raw" | "members">): Promise<readonly CopyStore[]> {
  await addTwin(manager, { of: streamName.delivery(space, 0), name: copies, subjects: "raw.copies.>" });
  const stores = members.map((_, at) => {
    const consumer = `member-${at}`;
    return { stream: copies, consumer, subject: `raw.copies.${consumer}.${channel}` };
  });
  for (const { stream, consumer, subject } of stores) {
    await manager.consumers.add(stream, {
      durable_name: consumer,
      filter_subject: subject,
      max_ack_pending: 256,
      mem_storage: true,
      ...explicit,
    });
  }
  return stores;
}

const explicit = {
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: 30e9,
} as const;
