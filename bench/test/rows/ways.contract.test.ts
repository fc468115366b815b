import { queueConsumer } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { streamName } from "@cotal/subjects";
import { expect, test } from "vitest";
import { openDirectWays } from "../../src/rows/direct-ways.ts";
import { openLiveWays } from "../../src/rows/live-ways.ts";
import { opened } from "../../src/space/opened.ts";
import { openPair, type Pair } from "../../src/space/pair.ts";
import { throughput, type Way } from "../../src/space/way.ts";

const openedPair = () => opened((scope) => openPair(scope, "open"));

async function sendOne(way: Way): Promise<void> {
  const arrived = await way.watch(1);
  await way.send();
  await arrived();
}

async function lastOf({ raw: { manager } }: Pair, stream: string) {
  const { config, state } = await manager.streams.info(stream);
  const stored = await manager.streams.getMessage(stream, { seq: state.last_seq });
  return { config, body: stored?.string() ?? "" };
}

test("both sides carry as many bytes, in streams that differ in name and subjects only", async () => {
  verifies("BENCH-17");
  await using pair = await openedPair();
  const ways = await openLiveWays(pair);
  await sendOne(ways.ours);
  await sendOne(ways.raw);
  const ours = await lastOf(pair, streamName.chat(pair.space.space));
  const raw = await lastOf(pair, "RAW_CHAT");
  expect(raw.body).toHaveLength(ours.body.length);
  expect(JSON.parse(ours.body).parts[0].text).toHaveLength(64);
  const { name, subjects } = raw.config;
  expect(raw.config).toEqual({ ...ours.config, name, subjects, metadata: raw.config.metadata });
});

test("receivers are a process of their own, and what comes too often fails its side", async () => {
  verifies("BENCH-15", "BENCH-16");
  await using pair = await openedPair();
  const { ours, raw } = await openLiveWays(pair);
  expect(pair.receiver.pid).not.toBe(process.pid);
  expect(await throughput(ours, { count: 10, inFlight: 2 })).toBeGreaterThan(0);
  const arrived = await raw.watch(1);
  await raw.send();
  await raw.send();
  await expect(arrived().then(() => raw.watch(1))).rejects.toThrow("2 messages came where 1 were sent");
});

test("a direct message has come to its end when the broker has its ack", async () => {
  verifies("BENCH-18");
  await using pair = await openedPair();
  const ways = await openDirectWays(pair);
  const own = queueConsumer.dm(pair.space.space, pair.target.id);
  for (const [way, stream, consumer] of [
    [ways.ours, own.stream, own.config.name],
    [ways.raw, "RAW_DM", "raw_dm"],
  ] as const) {
    await throughput(way, { count: 20, inFlight: 5 });
    const { num_ack_pending, num_pending, delivered, ack_floor } = await pair.raw.manager.consumers.info(
      stream,
      consumer,
    );
    expect([num_ack_pending, num_pending]).toEqual([0, 0]);
    expect(ack_floor.consumer_seq).toBe(delivered.consumer_seq);
  }
});
