import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { shardFault } from "../src/shard-fault.ts";
import {
  drain,
  enter,
  join,
  lead,
  newChannel,
  publishMany,
  seqsOf,
  served,
  streamInfo,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

test("of 10,000 posts in a burst all wait for a member that is away, in order", async () => {
  verifies("DLV-2", "DLV-6", "DLV-38");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  const seqs = await publishMany(bob, channel, 10_000);
  await served(world(), led, ada);
  expect(seqsOf(await drain(led, ada))).toEqual(seqs);
});

test("with a quota of 500 exactly the newest 500 wait, and one marker names the rest", async () => {
  verifies("DLV-70", "DLV-71", "DLV-73", "DLV-3", "DLV-46");
  const channel = newChannel();
  await using led = await lead(world(), { quota: { copies: 500 } });
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  const seqs = await publishMany(bob, channel, 10_000);
  await served(world(), led, ada);
  const items = await drain(led, ada);
  expect(items.filter(({ kind }) => kind === "gap")).toMatchObject([
    { channel, fromSeq: seqs[0], toSeq: seqs[9_499] },
  ]);
  expect(seqsOf(items)).toEqual(seqs.slice(-500));
});

test("a member that keeps up loses nothing, however much it gets", async () => {
  verifies("DLV-71");
  const channel = newChannel();
  await using led = await lead(world(), { quota: { copies: 50 } });
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  const [sent, got]: [number[], number[]] = [[], []];
  for (let round = 0; round < 6; round++) {
    sent.push(...(await publishMany(bob, channel, 40)));
    await served(world(), led, ada);
    const items = await drain(led, ada);
    expect(items.every(({ kind }) => kind === "copy")).toBe(true);
    got.push(...seqsOf(items));
  }
  expect(got).toEqual(sent);
});

test("the marker is stored before anything is removed", async () => {
  verifies("DLV-46", "DLV-73", "DLV-91");
  const channel = newChannel();
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  const seqs: number[] = [];
  {
    await using led = await lead(world(), { quota: { copies: 10 } });
    await join(led, ada, channel);
    seqs.push(...(await publishMany(bob, channel, 10)));
    await served(world(), led, ada);
    led.faults.arm(shardFault.betweenMarkerAndPurge, { kind: "throw" });
    seqs.push(...(await publishMany(bob, channel, 5)));
    expect(await led.ended(ada.shard)).toMatchObject({ message: expect.stringContaining("fault") });
  }
  await using led = await lead(world(), { quota: { copies: 10 } });
  await served(world(), led, ada);
  const items = await drain(led, ada);
  const gone = seqs.filter((seq) => !seqsOf(items).includes(seq));
  for (const seq of gone) {
    const isTold = items.some((item) => item.kind === "gap" && item.fromSeq <= seq && seq <= item.toSeq);
    expect(isTold, `the loss of ${seq} is told`).toBe(true);
  }
  expect(seqsOf(items).slice(-5)).toEqual(seqs.slice(-5));
});

test("what has grown too old goes by the hand of the worker, with a marker", async () => {
  verifies("DLV-72", "DLV-73");
  const channel = newChannel();
  await using led = await lead(world(), { quota: { ageMs: 500 } });
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  const seqs = await publishMany(bob, channel, 3);
  await served(world(), led, ada);
  await pause(600);
  const items = await eventually(async () => {
    if (led.stats(ada).gaps === 0) return false;
    return await drain(led, ada);
  });
  expect(items).toMatchObject([{ kind: "gap", channel, fromSeq: seqs[0], toSeq: seqs[2] }]);
});

test("a stream that is nearly full makes room at the cost of the largest backlog, and one can still join", async () => {
  verifies("DLV-70", "DLV-74");
  const [large, small] = [newChannel("large"), newChannel("small")];
  await using led = await lead(world());
  await using ada = await enter(world(), [large, small]);
  await using eve = await enter(world(), [large, small], ada.shard);
  await using bob = await enter(world(), [large, small]);
  await join(led, ada, large);
  await join(led, eve, small);
  const few = await publishMany(bob, small, 5);
  const { maxBytes, bytes } = await sizeOf(led, ada);
  const body = "x".repeat(8_000);
  const count = Math.ceil((maxBytes - bytes) / 8_000);
  for (let sent = 0; sent < count; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => bob.publish(large, [], body)));
  }
  await served(world(), led, ada);
  expect((await sizeOf(led, ada)).bytes).toBeLessThan(maxBytes * 0.85);
  await join(led, ada, small);
  expect(seqsOf(await drain(led, eve))).toEqual(few);
  const items = await drain(led, ada);
  expect(items.some(({ kind }) => kind === "gap")).toBe(true);
  expect(led.told).toEqual([]);
});

async function sizeOf(
  led: Awaited<ReturnType<typeof lead>>,
  { shard }: { readonly shard: number },
): Promise<{ readonly bytes: number; readonly maxBytes: number }> {
  const { state, config } = await streamInfo(led, shard);
  return { bytes: state.bytes, maxBytes: config.max_bytes };
}
