import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { maxPointers } from "../src/core/parked.ts";
import {
  drain,
  enter,
  join,
  lead,
  newChannel,
  publishMany,
  rightsOf,
  seqsOf,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

/** The rights of a peer become unknown, as the leader sees it. */
async function forgetRights(
  ...[led, peer]: [Awaited<ReturnType<typeof lead>>, Awaited<ReturnType<typeof enter>>]
): Promise<void> {
  await world().writeRights(peer.minted.id, "no record");
  await eventually(async () => {
    const outcome = await led
      .of(peer)
      .settle(peer.minted.id)
      .then(
        () => "known",
        () => "unknown",
      );
    return outcome === "unknown";
  });
}

test("what is for a peer of unknown rights waits, in order, and nobody else waits with it", async () => {
  verifies("DLV-44", "DLV-45", "DLV-65", "DLV-66", "DLV-67", "DLV-68");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using eve = await enter(world(), [channel], ada.shard);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await join(led, eve, channel);
  const first = await publishMany(bob, channel, 2);
  await served(world(), led, eve);
  await forgetRights(led, ada);
  const later = await publishMany(bob, channel, 30);
  await served(world(), led, eve);
  expect(await led.of(ada).pending(ada.minted.id)).toEqual({ pending: 2, parked: 30 });
  expect(led.stats(ada).parked).toBe(1);
  expect(seqsOf(await drain(led, eve))).toEqual([...first, ...later]);
  expect(seqsOf(await drain(led, ada))).toEqual(first);
  await rightsOf(world(), ada, [channel], 5);
  await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 0);
  const last = await publishMany(bob, channel, 1);
  await served(world(), led, ada);
  expect(seqsOf(await drain(led, ada))).toEqual([...later, ...last]);
});

test("it is dropped when the rights turn out to be none", async () => {
  verifies("DLV-44", "DLV-68");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await forgetRights(led, ada);
  await publishMany(bob, channel, 3);
  await served(world(), led, ada);
  await rightsOf(world(), ada, [], 5);
  await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 0);
  expect(await drain(led, ada)).toEqual([]);
  expect(await world().leftOf(ada.minted.id, ada.shard)).toEqual([]);
});

test("it survives its leader, however long the list has become, and comes once", async () => {
  verifies("DLV-65", "DLV-69", "DLV-40");
  const channel = newChannel();
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  const seqs: number[] = [];
  {
    await using led = await lead(world());
    await join(led, ada, channel);
    await forgetRights(led, ada);
    seqs.push(...(await publishMany(bob, channel, maxPointers + 50)));
    await served(world(), led, ada);
  }
  await using led = await lead(world());
  seqs.push(...(await publishMany(bob, channel, 2)));
  await served(world(), led, ada);
  expect((await led.of(ada).pending(ada.minted.id)).parked).toBeGreaterThanOrEqual(maxPointers + 52);
  await rightsOf(world(), ada, [channel], 9);
  seqs.push(...(await publishMany(bob, channel, 20)));
  await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 0);
  expect(seqsOf(await drain(led, ada))).toEqual(seqs);
  expect(led.stats(ada).parked).toBe(0);
});

test("what retention took meanwhile becomes a gap", async () => {
  verifies("DLV-46", "DLV-75");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await forgetRights(led, ada);
  const [first = 0, second = 0, third = 0] = await publishMany(bob, channel, 3);
  await served(world(), led, ada);
  await world().evict(1);
  await rightsOf(world(), ada, [channel], 5);
  await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 0);
  const items = await drain(led, ada);
  expect(items).toMatchObject([
    { kind: "gap", channel: "*", fromSeq: first, toSeq: second },
    { kind: "copy", seq: third },
  ]);
});
