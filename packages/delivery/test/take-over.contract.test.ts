import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { requestApi } from "@cotal/session";
import { asChannelPattern, streamName } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { readFence } from "../src/fenced-writer.ts";
import { shardFault } from "../src/shard-fault.ts";
import { openWorld, space, type World } from "./model/world.ts";
import {
  beginLead,
  drain,
  enter,
  isOf,
  join,
  type Led,
  lead,
  newChannel,
  placeOf,
  publishMany,
  recreateChat,
  rightsOf,
  seqsOf,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

describe("a leader that takes over", () => {
  test("seals the shard before it loads anything, and is ready last", async () => {
    verifies("DLV-12", "DLV-13", "DLV-16", "DLV-91");
    const channel = newChannel();
    await using old = await lead(world());
    await using ada = await enter(world(), [channel], 0);
    await using bob = await enter(world(), [channel]);
    await join(old, ada, channel);
    await served(world(), old, ada);
    const [hold, load] = [shardFault.beforeLead, shardFault.afterLoad];
    await using next = await beginLead(world(), {
      shards: [0],
      arm: (faults) => ({
        first: faults.arm(hold, { kind: "hold" }),
        second: faults.arm(load, { kind: "hold" }),
      }),
    });
    await next.armed.first.reached;
    const before = await readFence(old.session, placeOf(world(), 0));
    expect((await publishMany(bob, channel, 1)).length).toBe(1);
    await served(world(), old, ada);
    next.armed.first.release();
    await next.armed.second.reached;
    const sealed = await readFence(old.session, placeOf(world(), 0));
    expect(sealed.checkpoint?.epoch).toBeGreaterThan(before.checkpoint?.epoch ?? 0);
    const late = await publishMany(bob, channel, 1);
    expect((await old.ended(0))?.code).toBe("fenced");
    expect(next.isReady()).toBe(false);
    next.armed.second.release();
    await next.ready();
    await served(world(), next, ada);
    const seqs = seqsOf(await drain(next, ada));
    expect(seqs).toHaveLength(2);
    expect(seqs.at(-1)).toBe(late[0]);
  });

  test("goes on where the one before has stopped, at every point", async () => {
    verifies("DLV-40", "DLV-43", "DLV-91", "DLV-19");
    const points = [shardFault.beforeCommit, shardFault.afterCommit] as const;
    for (const point of points) {
      const channel = newChannel();
      await using ada = await enter(world(), [channel]);
      await using bob = await enter(world(), [channel]);
      const seqs: number[] = [];
      const use = { shards: [ada.shard] };
      {
        await using led = await lead(world(), use);
        await join(led, ada, channel);
        seqs.push(...(await publishMany(bob, channel, 5)));
        await served(world(), led, ada);
        led.faults.arm(point, { kind: "throw" });
        seqs.push(...(await publishMany(bob, channel, 50)));
        await led.ended(ada.shard);
      }
      await using led = await lead(world(), use);
      seqs.push(...(await publishMany(bob, channel, 5)));
      await served(world(), led, ada);
      expect(seqsOf(await drain(led, ada)), point).toEqual(seqs);
    }
  });

  test("goes on in the middle of a post that is for very many", async () => {
    verifies("DLV-38", "DLV-40", "DLV-91");
    const channel = newChannel();
    await using ada = await enter(world(), [channel], 0);
    const names = Array.from({ length: 200 }, (_, n) => `${channel.replace(".", "-")}-${n}`);
    const owners = await world().provision(names, [channel]);
    await using bob = await enter(world(), [channel]);
    const place = { channel, since: 2 ** 50 };
    const local = owners.filter(({ id }) => isOf(id, 0));
    {
      await using led = await lead(world(), { shards: [0], batch: 10 });
      await Promise.all(local.map(({ id }) => led.of(ada).join(id, place)));
      led.faults.arm(shardFault.betweenChained, { kind: "throw" }, 2);
      await publishMany(bob, channel, 1);
      await led.ended(0);
    }
    await using led = await lead(world(), { shards: [0], batch: 10 });
    await served(world(), led, ada);
    const counts = await Promise.all(local.map(async ({ id }) => (await led.of(ada).pending(id)).pending));
    expect(counts.every((count) => count === 1)).toBe(true);
  });

  test("never writes once another has sealed, however late it wakes", async () => {
    verifies("DLV-35", "DLV-41", "DLV-92");
    const channel = newChannel();
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    await using old = await lead(world(), { shards: [ada.shard] });
    await join(old, ada, channel);
    const hold = old.faults.arm(shardFault.beforeCommit, { kind: "hold" });
    const seqs = await publishMany(bob, channel, 20);
    await hold.reached;
    await using next = await lead(world(), { shards: [ada.shard] });
    await served(world(), next, ada);
    hold.release();
    expect((await old.ended(ada.shard))?.code).toBe("fenced");
    expect(old.stats(ada).fenceRejections).toBe(1);
    seqs.push(...(await publishMany(bob, channel, 5)));
    await served(world(), next, ada);
    expect(seqsOf(await drain(next, ada))).toEqual(seqs);
  });

  test("tells of what retention took before anybody served it", async () => {
    verifies("DLV-75", "DLV-46", "DLV-3");
    const channel = newChannel();
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    {
      await using led = await lead(world());
      await join(led, ada, channel);
    }
    const seqs = await publishMany(bob, channel, 10);
    await world().evict(4);
    await using led = await lead(world());
    await served(world(), led, ada);
    const items = await drain(led, ada);
    expect(items[0]).toMatchObject({ kind: "gap", channel: "*", toSeq: seqs[5] });
    expect(items[0]?.kind === "gap" && items[0].fromSeq).toBeLessThanOrEqual(seqs[0] ?? 0);
    expect(seqsOf(items)).toEqual(seqs.slice(6));
  });

  test("tells it also to whom rights are narrowed before it looks", async () => {
    verifies("DLV-46", "DLV-61", "DLV-75");
    const [first, second] = [newChannel("a"), newChannel("b")];
    await using ada = await enter(world(), [first, second]);
    await using bob = await enter(world(), [first, second]);
    {
      await using led = await lead(world());
      await join(led, ada, second);
    }
    const seqs = await publishMany(bob, second, 3);
    await world().evict(0);
    await using led = await lead(world());
    const rights = { allowSubscribe: [asChannelPattern(second)], allowPublish: [] };
    await led.of(ada).narrow(ada.minted.id, rights);
    expect(await drain(led, ada)).toMatchObject([{ kind: "gap", channel: "*", toSeq: seqs[2] }]);
  });

  test("does not begin where something was served and nothing says how far", async () => {
    verifies("DLV-18");
    await using own = await openWorld();
    const channel = newChannel();
    await using ada = await enter(own, [channel]);
    {
      await using led = await lead(own);
      await join(led, ada, channel);
      const filter = `cotal.${space}.ckpt.${ada.shard}`;
      await requestApi(led.session, `STREAM.PURGE.${streamName.delivery(space, ada.shard)}`, { filter });
    }
    await using led = await beginLead(own, { shards: [ada.shard] });
    expect((await led.ended(ada.shard))?.code).toBe("checkpoint-missing");
  });
});

describe("when CHAT is not what was served", () => {
  const lostIn = async (own: World, change: (led: Led) => Promise<void>): Promise<void> => {
    const channel = newChannel();
    await using ada = await enter(own, [channel]);
    await using bob = await enter(own, [channel]);
    await using eve = await enter(own, [channel], ada.shard);
    {
      await using led = await lead(own);
      await join(led, ada, channel);
      const generation = await join(led, eve, channel);
      await publishMany(bob, channel, 20);
      await led.of(eve).leave(eve.minted.id, { channel, generation });
      await served(own, led, ada);
      expect(await drain(led, ada)).toHaveLength(20);
      await drain(led, eve);
      await change(led);
    }
    await publishMany(bob, channel, 5);
    await using led = await lead(own);
    expect(led.told.map(({ code }) => code)).toContain("chat-restored");
    const seqs = await publishMany(bob, channel, 3);
    await served(own, led, ada);
    const [gap, ...copies] = await drain(led, ada);
    expect(gap).toMatchObject({ kind: "gap", channel: "*" });
    expect(seqsOf(copies)).toEqual(seqs);
    expect(seqsOf(await drain(led, eve))).toEqual([]);
    await eventually(() => led.stats(ada).position >= (seqs.at(-1) ?? 0));
  };

  test("who was parked is told all that may be missing, once it is known what it may read", async () => {
    verifies("DLV-17", "DLV-46", "DLV-92");
    await using own = await openWorld();
    const channel = newChannel();
    await using ada = await enter(own, [channel]);
    await using bob = await enter(own, [channel]);
    {
      await using led = await lead(own);
      await join(led, ada, channel);
      await own.breakDown("save");
    }
    const old: number[] = [];
    {
      await using led = await lead(own);
      await own.writeRights(ada.minted.id, "{}");
      old.push(...(await publishMany(bob, channel, 20)));
      await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 20);
    }
    await own.breakDown("restore");
    const after = await publishMany(bob, channel, 5);
    expect(after[4]).toBeLessThan(old[19] ?? 0);
    await using led = await lead(own);
    // Whose rights are not known is told nothing, and it stays.
    expect(await drain(led, ada)).toEqual([]);
    // A post that has the number of one that was parked is no news.
    const later = await publishMany(bob, channel, 20);
    await rightsOf(own, ada, [channel], 9);
    await served(own, led, ada);
    await eventually(async () => (await led.of(ada).pending(ada.minted.id)).parked === 0);
    const items = await drain(led, ada);
    const gap = items.find(({ kind }) => kind === "gap");
    expect(gap).toMatchObject({ channel: "*", toSeq: old[19] });
    expect(gap?.kind === "gap" && gap.fromSeq).toBeLessThanOrEqual(after[0] ?? 0);
    expect(seqsOf(items)).toEqual(later);
  });

  test("its members begin anew at its end, with a gap, and who had left gets nothing", async () => {
    verifies("DLV-17", "DLV-92");
    await using own = await openWorld();
    await lostIn(own, () => recreateChat(own));
  });
});
