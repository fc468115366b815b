import { eventually, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { deleteConsumer, requestApi } from "@cotal/session";
import { consumerName, streamName } from "@cotal/subjects";
import { expect, test } from "vitest";
import { type Arrival, createChatReader, type Feed } from "../src/chat-reader.ts";
import { space } from "./model/world.ts";
import { enter, newChannel, publishMany, worldOfFile } from "./support-actor.ts";

const world = worldOfFile();
const nothing = (): void => undefined;

/** What is there, taken. */
function takeAll(feed: Feed, into: Arrival[]): number {
  for (let arrival = feed.take(); arrival; arrival = feed.take()) into.push(arrival);
  return into.length;
}

async function read(limits?: { readonly posts: number; readonly bytes: number }) {
  const minted = world().fixture.mint({ profile: "delivery", name: "delivery" });
  const link = openLink(world().fixture.broker.url, { as: minted });
  const session = await link.start({ retryFirst: true });
  const reader = createChatReader(session, { space, id: minted.id, ...(limits && { limits }) });
  return { session, reader, id: minted.id, [Symbol.asyncDispose]: () => link.stop() };
}

const seqsOf = (arrivals: readonly Arrival[]): number[] =>
  arrivals.flatMap((arrival) => (arrival.kind === "post" ? [arrival.seq] : []));

test("one consumer feeds all shards, each from its own place", async () => {
  verifies("DLV-19", "DLV-20");
  const channel = newChannel();
  await using bob = await enter(world(), [channel]);
  const seqs = await publishMany(bob, channel, 20);
  await using reading = await read();
  const [first = 0] = seqs;
  const feeds = [reading.reader.open(first - 1, nothing), reading.reader.open(first + 9, nothing)];
  const got: Arrival[][] = [[], []];
  await eventually(() => feeds.every((feed, at) => takeAll(feed, got[at] ?? []) === (at === 0 ? 20 : 10)));
  expect(got.map(seqsOf)).toEqual([seqs, seqs.slice(10)]);
  const { account_details = [] } = await world().fixture.broker.jsz();
  const routes = account_details.flatMap(({ stream_detail = [] }) =>
    stream_detail.flatMap(({ consumer_detail = [] }) =>
      consumer_detail.filter(({ name }) => name === consumerName.route(reading.id)),
    ),
  );
  expect(routes).toHaveLength(1);
});

test("a shard that takes nothing holds up no other, and misses nothing itself", async () => {
  verifies("DLV-20", "DLV-45");
  const channel = newChannel();
  await using bob = await enter(world(), [channel]);
  await using reading = await read({ posts: 10, bytes: 1_000_000 });
  const start = await world().chatLast();
  const [quick, slow] = [reading.reader.open(start, nothing), reading.reader.open(start, nothing)];
  const seqs = await publishMany(bob, channel, 100);
  const [got, late]: [Arrival[], Arrival[]] = [[], []];
  await eventually(() => takeAll(quick, got) === 100);
  await eventually(() => takeAll(slow, late) === 100);
  expect(seqsOf(got)).toEqual(seqs);
  expect(seqsOf(late)).toEqual(seqs);
});

test("a shard that comes while others are served is served from its own place, without a hole", async () => {
  verifies("DLV-19", "DLV-20");
  const channel = newChannel();
  await using bob = await enter(world(), [channel]);
  const seqs = await publishMany(bob, channel, 500);
  await using reading = await read();
  const start = (seqs[0] ?? 0) - 1;
  const [first, late]: [Arrival[], Arrival[]] = [[], []];
  let other: Feed | undefined;
  const feed = reading.reader.open(start, () => {
    takeAll(feed, first);
    if (first.length === 100) other = reading.reader.open(start, nothing);
  });
  await eventually(() => first.length === 500 && other !== undefined && takeAll(other, late) === 500);
  expect(seqsOf(first)).toEqual(seqs);
  expect(seqsOf(late)).toEqual(seqs);
});

test("a pull that was lost is made again, without a hole", async () => {
  verifies("DLV-21", "DLV-19");
  const channel = newChannel();
  await using bob = await enter(world(), [channel]);
  await using reading = await read();
  const feed = reading.reader.open(await world().chatLast(), nothing);
  const got: Arrival[] = [];
  const seqs = await publishMany(bob, channel, 5);
  await eventually(() => takeAll(feed, got) === 5);
  await deleteConsumer(reading.session, streamName.chat(space), consumerName.route(reading.id));
  seqs.push(...(await publishMany(bob, channel, 5)));
  await eventually(() => takeAll(feed, got) === 10);
  expect(seqsOf(got)).toEqual(seqs);
});

test("what retention took shows as a hole", async () => {
  verifies("DLV-19", "DLV-75");
  const channel = newChannel();
  await using bob = await enter(world(), [channel]);
  await using reading = await read();
  const seqs = await publishMany(bob, channel, 6);
  const [first = 0] = seqs;
  await requestApi(reading.session, `STREAM.PURGE.${streamName.chat(space)}`, { seq: first + 3 });
  const got: Arrival[] = [];
  const feed = reading.reader.open(first - 1, nothing);
  await eventually(() => takeAll(feed, got) === 4);
  expect(got[0]).toEqual({ kind: "hole", fromSeq: first, toSeq: first + 2 });
  expect(seqsOf(got)).toEqual(seqs.slice(3));
});
