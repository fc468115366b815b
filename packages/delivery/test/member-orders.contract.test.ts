import { verifies } from "@cotal/requirements";
import { asChannel } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { shardFault } from "../src/shard-fault.ts";
import type { Member } from "./model/member.ts";
import {
  beginLead,
  drain,
  enter,
  failureOf,
  join,
  type Led,
  lead,
  newChannel,
  publishMany,
  rightsOf,
  seqsOf,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

describe("to join", () => {
  test("holds what is posted from then on, once and in order", async () => {
    verifies("DLV-2", "DLV-6", "DLV-22", "DLV-50");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    await bob.publish(channel, []);
    expect(await join(led, ada, channel)).toBeGreaterThan(0);
    expect(led.of(ada).memberships(ada.minted.id)).toMatchObject([{ channel, activated: true }]);
    const seqs = await publishMany(bob, channel, 300);
    await ada.publish(channel, []);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(seqs);
    expect(led.told).toEqual([]);
  });

  test("copies what was posted since the post that is named, before whatever comes then", async () => {
    verifies("DLV-51", "TRUST-74");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const [first = 0, ...past] = await publishMany(bob, channel, 30);
    await ada.publish(channel, []);
    await served(world(), led, ada);
    const publishing = publishMany(bob, channel, 100);
    await join(led, ada, channel, first);
    const coming = await publishing;
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual([...past, ...coming]);
  });

  test("begins at the end of CHAT when it names a post that is not there yet", async () => {
    verifies("DLV-50");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const [last = 0] = await publishMany(bob, channel, 1);
    await served(world(), led, ada);
    await join(led, ada, channel, last + 1_000);
    expect(led.of(ada).memberships(ada.minted.id)).toMatchObject([{ channel, joinCursor: last }]);
    const coming = await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(coming);
  });

  test("is refused as evicted when retention has taken part of what was posted since", async () => {
    verifies("DLV-51");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const seqs = await publishMany(bob, channel, 5);
    await served(world(), led, ada);
    await world().evict(2);
    const since = (seqs[0] ?? 0) - 1;
    const answer = await led.of(ada).join(ada.minted.id, { channel, since });
    expect(answer).toEqual({ durable: false, evicted: { fromSeq: since + 1, toSeq: seqs[2] } });
    expect(led.of(ada).memberships(ada.minted.id)).toEqual([]);
    expect(await led.of(ada).pending(ada.minted.id)).toEqual({ pending: 0, parked: 0 });
  });

  test("again answers the same, and after a leave begins a new generation", async () => {
    verifies("DLV-52", "DLV-53", "DLV-54");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const first = await join(led, ada, channel);
    expect(await join(led, ada, channel)).toBe(first);
    const inside = await bob.publish(channel, []);
    const { id } = ada.minted;
    expect((await failureOf(led.of(ada).leave(id, { channel, generation: first + 1 }))).code).toBe(
      "stale-generation",
    );
    await led.of(ada).leave(id, { channel, generation: first });
    await led.of(ada).leave(id, { channel, generation: first });
    expect(led.of(ada).memberships(id)).toEqual([]);
    await bob.publish(channel, []);
    const second = await join(led, ada, channel);
    expect(second).toBeGreaterThan(first);
    const after = await bob.publish(channel, []);
    await served(world(), led, ada);
    const items = await drain(led, ada);
    expect(items).toMatchObject([
      { seq: inside, generation: first },
      { seq: after, generation: second },
    ]);
  });

  test("needs the right to read the channel, which is looked up anew before it is refused", async () => {
    verifies("DLV-49", "DLV-28");
    const [own, other] = [newChannel("own"), newChannel("other")];
    await using led = await lead(world());
    await using ada = await enter(world(), [own]);
    expect((await failureOf(join(led, ada, other))).code).toBe("not-allowed");
    await rightsOf(world(), ada, [own, other], 7);
    await join(led, ada, other);
    await world().writeRights(ada.minted.id, "no record");
    expect((await failureOf(join(led, ada, newChannel()))).code).toBe("acl-unknown");
  });

  /** Begins a join that gets no further than its record, until it is let go. */
  async function heldJoin(old: Led, member: Member, asked: () => Promise<number>) {
    const hold = old.faults.arm(shardFault.beforeCommit, { kind: "hold" });
    const failing = failureOf(asked());
    await hold.reached;
    const [begun] = old.of(member).memberships(member.minted.id);
    if (!begun) throw new Error("nothing was begun");
    const isDeposed = async (): Promise<void> => {
      hold.release();
      expect((await failing).code).toBe("fenced");
      expect((await old.ended(member.shard))?.code).toBe("fenced");
    };
    return { begun, isDeposed };
  }

  test("is not answered by a leader that was deposed, and the next one, who finds it whole, serves it", async () => {
    verifies("DLV-50", "DLV-52", "DLV-15", "DLV-41");
    const channel = newChannel();
    await using ada = await enter(world(), [channel]);
    await using old = await lead(world(), { shards: [ada.shard] });
    await using bob = await enter(world(), [channel]);
    const { begun, isDeposed } = await heldJoin(old, ada, () => join(old, ada, channel));
    const before = await bob.publish(channel, []);
    await using next = await beginLead(world(), { shards: [ada.shard] });
    await next.ready();
    expect(next.of(ada).memberships(ada.minted.id)).toEqual([begun]);
    await isDeposed();
    const { generation } = begun;
    expect(await join(next, ada, channel)).toBe(generation);
    const after = await bob.publish(channel, []);
    await served(world(), next, ada);
    expect(await drain(next, ada)).toMatchObject([before, after].map((seq) => ({ seq, generation })));
  });

  test("is made anew by the next leader where the one before had still to copy what is past", async () => {
    verifies("DLV-51", "DLV-52", "DLV-15", "DLV-41");
    const channel = newChannel();
    await using ada = await enter(world(), [channel]);
    await using old = await lead(world(), { shards: [ada.shard] });
    await using bob = await enter(world(), [channel]);
    const [first = 0, ...past] = await publishMany(bob, channel, 5);
    await served(world(), old, ada);
    const { begun, isDeposed } = await heldJoin(old, ada, () => join(old, ada, channel, first));
    await using next = await beginLead(world(), { shards: [ada.shard] });
    await next.ready();
    const [rebased] = next.of(ada).memberships(ada.minted.id);
    expect(rebased).toMatchObject({ activated: false, generation: begun.generation + 1 });
    await isDeposed();
    const generation = await join(next, ada, channel, first);
    expect(generation).toBeGreaterThan(begun.generation + 1);
    const after = await bob.publish(channel, []);
    await served(world(), next, ada);
    expect(await drain(next, ada)).toMatchObject([...past, after].map((seq) => ({ seq, generation })));
  });
});

test("to leave and join again takes nothing of what was due before, whoever leads by then", async () => {
  verifies("DLV-22", "DLV-54", "DLV-102", "TRUST-74");
  const channel = newChannel();
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  const seqs: number[] = [];
  for (let round = 0; round < 8; round++) {
    await using led = await lead(world());
    const generation = await join(led, ada, channel);
    seqs.push(...(await publishMany(bob, channel, 100)));
    await led.of(ada).leave(ada.minted.id, { channel, generation });
  }
  await using led = await lead(world());
  await join(led, ada, channel);
  await served(world(), led, ada);
  expect(seqsOf(await drain(led, ada))).toEqual(seqs);
});

test("to leave needs neither a right nor a membership", async () => {
  verifies("DLV-53");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await led.of(ada).leave(ada.minted.id, { channel: asChannel("nowhere"), generation: 3 });
  const generation = await join(led, ada, channel);
  await world().writeRights(ada.minted.id, "no record");
  await led.of(ada).leave(ada.minted.id, { channel, generation });
  expect(led.of(ada).memberships(ada.minted.id)).toEqual([]);
});
