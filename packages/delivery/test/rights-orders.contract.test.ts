import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { readPage, requestApi } from "@cotal/session";
import {
  asChannelPattern,
  type Channel,
  keySubject,
  type OwnerId,
  partition,
  streamName,
} from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import type { Shard } from "../src/shard.ts";
import { shardFault } from "../src/shard-fault.ts";
import { readStored } from "../src/stored-message.ts";
import type { Member } from "./model/member.ts";
import { shardNumbers, shards, space } from "./model/world.ts";
import {
  drain,
  enter,
  failureOf,
  join,
  type Led,
  lead,
  newChannel,
  publishMany,
  rightsOf,
  type StreamInfo,
  seqsOf,
  served,
  streamInfo,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

function rights(...channels: readonly string[]): { allowSubscribe: never[]; allowPublish: never[] } {
  const allow = channels.map(asChannelPattern) as never[];
  return { allowSubscribe: allow, allowPublish: allow };
}

describe("to narrow", () => {
  test("leaves nothing outside of the rights, of 10,000 copies and of those in flight", async () => {
    verifies("DLV-59", "DLV-61", "DLV-42", "DLV-27", "TRUST-74");
    const [kept, lost] = [newChannel("kept"), newChannel("lost")];
    await using led = await lead(world());
    await using ada = await enter(world(), [kept, lost]);
    await using bob = await enter(world(), [kept, lost]);
    await join(led, ada, kept);
    await join(led, ada, lost);
    const mine = await publishMany(bob, kept, 3);
    await publishMany(bob, lost, 10_000);
    await served(world(), led, ada);
    const shard = led.of(ada);
    const { id } = ada.minted;
    const place = await shard.attach(id, { nonce: "a", epoch: 1, takeover: false });
    const { stream, consumer } = place;
    const inFlight = await readPage(ada.session(), { stream, consumer, batch: 256, maxBytes: 4_000_000 });
    expect(inFlight).toHaveLength(256);
    const answer = await shard.narrow(id, rights(kept));
    expect(answer).toMatchObject({ ended: [lost], purged: 10_000 });
    expect(shard.memberships(id)).toMatchObject([{ channel: kept }]);
    await bob.publish(lost, [ada.name]);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(mine);
    expect((await failureOf(shard.join(id, { channel: lost, since: 0 }))).code).toBe("not-allowed");
  });

  test("and widened again, nothing is resumed", async () => {
    verifies("DLV-61", "DLV-29", "DLV-60", "TRUST-74");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    await join(led, ada, channel);
    await publishMany(bob, channel, 5);
    await served(world(), led, ada);
    await rightsOf(world(), ada, [], 2);
    await eventually(() => led.of(ada).memberships(ada.minted.id).length === 0);
    await rightsOf(world(), ada, [channel], 3);
    await publishMany(bob, channel, 5);
    await served(world(), led, ada);
    expect(await drain(led, ada)).toEqual([]);
    await join(led, ada, channel);
    const seqs = await publishMany(bob, channel, 2);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(seqs);
  });

  test("gives nothing more, and refuses what is unknown, wider or retired", async () => {
    verifies("DLV-59");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    const { id } = ada.minted;
    const shard = led.of(ada);
    expect((await failureOf(shard.narrow(id, rights(channel, "more")))).code).toBe("rights-differ");
    await shard.retire(id);
    expect((await failureOf(shard.narrow(id, rights()))).code).toBe("peer-retired");
    await using eve = await enter(world(), [channel]);
    await world().writeRights(eve.minted.id, "no record");
    expect((await failureOf(led.of(eve).settle(eve.minted.id))).code).toBe("acl-unknown");
  });

  interface Parties {
    readonly ada: Member;
    readonly bob: Member;
    readonly channel: Channel;
  }

  /** Five copies wait for somebody whose rights are being taken; the leader stands still before they are removed. */
  async function heldNarrowing(led: Led, { ada, bob, channel }: Parties) {
    await join(led, ada, channel);
    await publishMany(bob, channel, 5);
    await served(world(), led, ada);
    const hold = led.faults.arm(shardFault.midSettle, { kind: "hold" });
    const asked = failureOf(led.of(ada).narrow(ada.minted.id, rights()));
    await hold.reached;
    return { hold, asked };
  }

  test("is not answered by a leader that was deposed meanwhile, and the next one settles it", async () => {
    verifies("DLV-60", "DLV-14", "DLV-41");
    const channel = newChannel();
    await using old = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const { hold, asked } = await heldNarrowing(old, { ada, bob, channel });
    await using next = await lead(world(), { shards: [ada.shard] });
    expect(await drain(next, ada)).toEqual([]);
    expect(next.of(ada).memberships(ada.minted.id)).toEqual([]);
    hold.release();
    expect((await asked).code).toBe("fenced");
  });

  test("however late, takes nothing of what the next leader has stored", async () => {
    verifies("DLV-61", "DLV-41");
    const channel = newChannel();
    await using old = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const { hold, asked } = await heldNarrowing(old, { ada, bob, channel });
    await using next = await lead(world(), { shards: [ada.shard] });
    await rightsOf(world(), ada, [channel], 3);
    await join(next, ada, channel);
    const seqs = await publishMany(bob, channel, 5);
    await served(world(), next, ada);
    hold.release();
    expect((await asked).code).toBe("fenced");
    expect(seqsOf(await drain(next, ada))).toEqual(seqs);
  });
});

describe("what was changed while nobody led", () => {
  test("is settled before the next leader is ready", async () => {
    verifies("DLV-14", "DLV-60", "DLV-12");
    const [kept, lost] = [newChannel("kept"), newChannel("lost")];
    await using ada = await enter(world(), [kept, lost]);
    await using bob = await enter(world(), [kept, lost]);
    {
      await using led = await lead(world());
      await join(led, ada, kept);
      await join(led, ada, lost);
      await publishMany(bob, lost, 3);
      await served(world(), led, ada);
    }
    await rightsOf(world(), ada, [kept], 2);
    await using led = await lead(world());
    expect(led.of(ada).memberships(ada.minted.id)).toMatchObject([{ channel: kept }]);
    expect(await led.of(ada).pending(ada.minted.id)).toEqual({ pending: 0, parked: 0 });
  });
});

describe("to retire", () => {
  test("removes consumer, copies and pointers, once", async () => {
    verifies("DLV-63");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const { id } = ada.minted;
    await join(led, ada, channel);
    await publishMany(bob, channel, 5);
    await led.of(ada).attach(id, { nonce: "a", epoch: 1, takeover: false });
    await served(world(), led, ada);
    const first = await led.of(ada).retire(id);
    expect(first).toMatchObject({ purged: 5, ended: [channel] });
    expect(await led.of(ada).retire(id)).toEqual({ epoch: first.epoch, purged: 0, ended: [] });
    expect(await world().leftOf(id, ada.shard)).toEqual([]);
    const refused = led.of(ada).attach(id, { nonce: "b", epoch: 1, takeover: false });
    expect((await failureOf(refused)).code).toBe("peer-retired");
  });

  test("and an attach that is to tell of a gap do not wait for each other", async () => {
    verifies("DLV-63", "DLV-73");
    const channel = newChannel();
    await using led = await lead(world(), { quota: { copies: 5 } });
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const { id } = ada.minted;
    await join(led, ada, channel);
    await publishMany(bob, channel, 20);
    await served(world(), led, ada);
    const [retired, attached] = await Promise.allSettled([
      led.of(ada).retire(id),
      led.of(ada).attach(id, { nonce: "a", epoch: 1, takeover: false }),
    ]);
    expect(retired.status).toBe("fulfilled");
    expect(attached).toMatchObject({ status: "rejected", reason: { code: "peer-retired" } });
    expect(await world().leftOf(id, ada.shard)).toEqual([]);
  });

  test("1,000 owners leaves nothing of any of them", async () => {
    verifies("DLV-64", "DLV-63");
    const channel = newChannel();
    await using led = await lead(world());
    const ends = await Promise.all(shardNumbers.map((shard) => enter(world(), [channel], shard)));
    const serving = ends.map((end) => led.of(end));
    const names = Array.from({ length: 1_000 }, (_, n) => `${channel.replace(".", "-")}-${n}`);
    const owners = await world().provision(names, [channel]);
    const each = (work: (shard: Shard, id: OwnerId) => Promise<unknown>): Promise<unknown> =>
      Promise.all(owners.map(({ id }) => work(serving[partition(shards, id)] as Shard, id)));
    await each((shard, id) => shard.join(id, { channel, since: 2 ** 50 }));
    await each((shard, id) => shard.attach(id, { nonce: "a", epoch: 1, takeover: false }));
    const [poster] = ends;
    if (poster) await publishMany(poster, channel, 2);
    for (const end of ends) await served(world(), led, end);
    await each((shard, id) =>
      shard.letters.bury(id, { subject: `cotal.${space}.inst.${id}.${id}`, reason: "no" }),
    );
    expect(await leftOf(led, owners)).toMatchObject({ copies: 2_000, consumers: 2_000, letters: 1_000 });
    await each((shard, id) => shard.retire(id));
    if (poster) await publishMany(poster, channel, 2);
    for (const end of ends) await served(world(), led, end);
    expect(await leftOf(led, owners)).toEqual({ copies: 0, pointers: 0, consumers: 0, letters: 0 });
    await each(async (shard, id) => {
      expect(shard.memberships(id)).toEqual([]);
      const last_by_subj = keySubject(space, "acl", id);
      const row = await readStored(led.session, streamName.registry(space, "acl"), { last_by_subj });
      expect(JSON.parse(Buffer.from(row?.data ?? []).toString())).toMatchObject({ retired: true });
    });
    for (const end of ends) await end[Symbol.asyncDispose]();
  }, 400_000);
});

/** What the broker has of these owners: their copies, pointers, consumers and dead letters. */
async function leftOf(
  led: Led,
  owners: readonly { readonly id: OwnerId }[],
): Promise<Record<"copies" | "pointers" | "consumers" | "letters", number>> {
  const ids = new Set<string>(owners.map(({ id }) => id));
  const infos = await Promise.all(shardNumbers.map((shard) => streamInfo(led, shard)));
  const rows = infos
    .flatMap(({ state }) => Object.entries(state.subjects ?? {}))
    .map(([subject, count]) => ({ tokens: subject.split("."), count }))
    .filter(({ tokens }) => ids.has(tokens[3] ?? ""));
  const sum = (kind: string): number =>
    rows.filter(({ tokens }) => tokens[2] === kind).reduce((total, { count }) => total + count, 0);
  const { account_details = [] } = await world().fixture.broker.jsz();
  const consumers = account_details
    .flatMap(({ stream_detail = [] }) => stream_detail)
    .flatMap(({ consumer_detail = [] }) => consumer_detail)
    .filter(({ name }) => ids.has(name.slice(name.indexOf("_") + 1)));
  const dead = `STREAM.INFO.${streamName.dead(space)}`;
  const { state } = await requestApi<StreamInfo>(led.session, dead, { subjects_filter: ">" });
  const letters = Object.keys(state.subjects ?? {}).filter((subject) => ids.has(subject.split(".")[3] ?? ""));
  return {
    copies: sum("dlv"),
    pointers: sum("dinbox"),
    consumers: consumers.length,
    letters: letters.length,
  };
}
