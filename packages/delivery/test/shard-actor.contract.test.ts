import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { readFence } from "../src/fenced-writer.ts";
import {
  drain,
  enter,
  failureOf,
  join,
  lead,
  newChannel,
  placeOf,
  publishMany,
  rightsOf,
  seqsOf,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

test("a lone post is stored by itself, and many that come at once share their batches", async () => {
  verifies("DLV-32", "DLV-33");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await bob.publish(channel, []);
  await eventually(async () => (await led.of(ada).pending(ada.minted.id)).pending === 1);
  const before = led.stats(ada).batches;
  await publishMany(bob, channel, 1_000);
  await served(world(), led, ada);
  expect(led.stats(ada).copies).toBeGreaterThanOrEqual(1_001);
  expect(led.stats(ada).batches - before).toBeLessThan(500);
});

test("posts that are for nobody move the position, which is stored before long", async () => {
  verifies("DLV-39", "DLV-43");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  const { copies } = led.stats(ada);
  const seqs = await publishMany(ada, channel, 3);
  await eventually(async () => {
    const { checkpoint } = await readFence(led.session, placeOf(world(), ada.shard));
    return checkpoint?.chatSeq === seqs.at(-1);
  });
  expect(led.stats(ada).copies).toBe(copies);
});

test("a mention stores a copy for whoever may read it, and its right is looked up before that is denied", async () => {
  verifies("DLV-5", "DLV-28");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using eve = await enter(world(), [newChannel()]);
  await using bob = await enter(world(), [channel]);
  const seq = await bob.publish(channel, [ada.name, eve.name, "nobody"]);
  await served(world(), led, ada);
  await served(world(), led, eve);
  expect(await drain(led, ada)).toMatchObject([{ seq, reason: "mention", generation: 0 }]);
  expect(await drain(led, eve)).toEqual([]);
  await rightsOf(world(), eve, [channel], 2);
  const next = await bob.publish(channel, [eve.name]);
  await served(world(), led, eve);
  expect(seqsOf(await drain(led, eve))).toEqual([next]);
});

test("when the lease is in doubt nothing more is done, and nothing is answered", async () => {
  verifies("DLV-35", "DLV-41");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  const shard = led.of(ada);
  led.quiesce();
  expect(await led.ended(ada.shard)).toBeUndefined();
  const before = await readFence(led.session, placeOf(world(), ada.shard));
  await publishMany(bob, channel, 3);
  const { id } = ada.minted;
  expect((await failureOf(shard.join(id, { channel, since: 0 }))).code).toBe("no-leader");
  expect((await failureOf(shard.retire(id))).code).toBe("no-leader");
  expect(await readFence(led.session, placeOf(world(), ada.shard))).toEqual(before);
});
