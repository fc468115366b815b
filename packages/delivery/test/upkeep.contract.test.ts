import { eventually } from "@cotal/harness";
import type { MemberRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { store } from "@cotal/session";
import {
  bucketName,
  type Channel,
  formatSubject,
  ingestKeySubject,
  keySubject,
  registryKey,
  streamName,
} from "@cotal/subjects";
import { bodyLimit, composeMessage } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { Backlogs } from "../src/backlogs.ts";
import { defaultQuota } from "../src/core/quota.ts";
import { shardFault } from "../src/shard-fault.ts";
import { newShardStats } from "../src/shard-stats.ts";
import { openShardStream } from "../src/shard-stream.ts";
import { readStored } from "../src/stored-message.ts";
import type { Member } from "./model/member.ts";
import { space } from "./model/world.ts";
import {
  beginLead,
  drain,
  enter,
  join,
  type Led,
  lead,
  newChannel,
  placeOf,
  publishMany,
  seqsOf,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

/** As a leader writes it; by whom is in the record. */
async function writeMembership(
  { minted: { id: owner } }: Member,
  channel: Channel,
  fields: Pick<MemberRecord, "activated" | "generation">,
): Promise<void> {
  await using daemon = await beginLead(world(), { shards: [] });
  const record: MemberRecord = {
    v: 1,
    channel,
    owner,
    state: "durable-active",
    joinCursor: 0,
    writer: { holder: "one that was deposed", epoch: 0 },
    updatedAt: Date.now(),
    ...fields,
  };
  const secret = world().ingest(bucketName(space, "members"));
  const subject = ingestKeySubject(secret, keySubject(space, "members", registryKey.member(owner, channel)));
  await store(daemon.session, { subject, data: JSON.stringify(record) });
}

describe("a membership that a deposed leader writes late", () => {
  test.each([
    ["that is not activated", false],
    ["that says it is activated", true],
  ])("%s is ended as soon as it is seen, because nobody was told of it", async (_, activated) => {
    verifies("DLV-15", "DLV-52");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    const before = await publishMany(bob, channel, 3);
    await writeMembership(ada, channel, { activated, generation: 1 });
    await eventually(() => expect(led.of(ada).memberships(ada.minted.id)).toEqual([]));
    await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(await drain(led, ada)).toEqual([]);
    expect(before).toHaveLength(3);
    // Whoever was not answered asks again, and begins another one.
    expect(await join(led, ada, channel)).toBeGreaterThan(1);
    const after = await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(after);
  });

  test("is nothing to rely on for who asks in the meantime", async () => {
    verifies("DLV-15", "DLV-52");
    const [other, channel] = [newChannel("other"), newChannel()];
    await using led = await lead(world());
    await using ada = await enter(world(), [other, channel]);
    await using bob = await enter(world(), [channel]);
    // The question waits for its turn when the record comes.
    const hold = led.faults.arm(shardFault.beforeCommit, { kind: "hold" });
    const turn = join(led, ada, other);
    await hold.reached;
    const asked = join(led, ada, channel);
    await writeMembership(ada, channel, { activated: true, generation: 1 });
    await eventually(() => expect(led.of(ada).memberships(ada.minted.id)).toHaveLength(2));
    hold.release();
    await turn;
    expect(await asked).toBeGreaterThan(1);
    const seqs = await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(seqs);
  });

  test("is left alone when it stood there before the lead began", async () => {
    verifies("DLV-15");
    const channel = newChannel();
    await using ada = await enter(world(), [channel]);
    await writeMembership(ada, channel, { activated: true, generation: 1 });
    await using led = await lead(world());
    await using bob = await enter(world(), [channel]);
    expect(led.of(ada).memberships(ada.minted.id)).toHaveLength(1);
    const seqs = await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(seqsOf(await drain(led, ada))).toEqual(seqs);
  });
});

describe("a membership that has ended", () => {
  /** Whether there is still a record of it. */
  async function isRecorded(led: Led, { minted: { id: owner } }: Member, channel: Channel): Promise<boolean> {
    const last_by_subj = keySubject(space, "members", registryKey.member(owner, channel));
    const row = await readStored(led.session, streamName.registry(space, "members"), { last_by_subj });
    return row !== undefined && !row.headers?.has("KV-Operation");
  }

  test("is forgotten once CHAT holds nothing that it was due, and not before", async () => {
    verifies("DLV-114", "REG-14");
    const [past, fresh, open] = [newChannel(), newChannel(), newChannel()];
    await using led = await lead(world());
    await using ada = await enter(world(), [past, fresh, open]);
    await using bob = await enter(world(), [past, fresh, open]);
    const leave = (channel: Channel, generation: number): Promise<void> =>
      led.of(ada).leave(ada.minted.id, { channel, generation });
    const before = await join(led, ada, past);
    await join(led, ada, open);
    const seqs = await publishMany(bob, past, 3);
    await leave(past, before);
    await publishMany(bob, open, 3);
    await leave(fresh, await join(led, ada, fresh));
    await publishMany(bob, open, 1);
    await served(world(), led, ada);
    // What was posted since `fresh` was left stays, and the post before it.
    await world().evict(2);
    await eventually(async () => expect(await isRecorded(led, ada, past)).toBe(false), { timeoutMs: 60_000 });
    expect(await isRecorded(led, ada, fresh)).toBe(true);
    expect(await isRecorded(led, ada, open)).toBe(true);
    // Copies that it had stay, and who joins again begins another one.
    expect(await join(led, ada, past)).toBeGreaterThan(before);
    const again = await publishMany(bob, past, 1);
    await served(world(), led, ada);
    const got = seqsOf(await drain(led, ada));
    expect(got.filter((seq) => [...seqs, ...again].includes(seq))).toEqual([...seqs, ...again]);
  });
});

describe("how long copies wait", () => {
  test("is told of the owners that wait longest, the worst first, and of nobody who has taken all", async () => {
    verifies("DLV-88");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel], 0);
    await using eve = await enter(world(), [channel], 0);
    await using bob = await enter(world(), [channel], 0);
    await using poster = await enter(world(), [channel]);
    await join(led, ada, channel);
    await publishMany(poster, channel, 1);
    await join(led, eve, channel);
    await join(led, bob, channel);
    await publishMany(poster, channel, 1);
    await served(world(), led, ada);
    await drain(led, bob);
    const stats = newShardStats();
    const place = placeOf(world(), 0);
    const stream = openShardStream(led.session, { place, stats, fence: () => 0 });
    const owe = async (): Promise<void> => undefined;
    const backlogs = new Backlogs({ session: led.session, stream, stats, quota: defaultQuota, owe });
    await backlogs.load();
    const now = Date.now() + 60_000;
    const told = await backlogs.oldest(now);
    const [first, second] = told;
    expect([first?.owner, second?.owner]).toEqual([ada.minted.id, eve.minted.id]);
    expect(first?.ageMs).toBeGreaterThanOrEqual(second?.ageMs ?? 0);
    expect(second?.ageMs).toBeGreaterThan(59_000);
    expect(told.map(({ owner }) => owner)).not.toContain(bob.minted.id);
    // The leader looks by itself.
    await eventually(() => expect(led.stats(ada).oldestUnacked.length).toBe(2), { timeoutMs: 60_000 });
    await drain(led, ada);
    await drain(led, eve);
    expect(await backlogs.oldest(now)).toEqual([]);
  });
});

describe("a post as large as the broker takes", () => {
  const maxPayload = (member: Member): number => member.session().connection.info?.max_payload ?? 0;

  /** Published as it is, by whoever keeps to no limit; its body has this many bytes. */
  async function publishRaw(from: Member, channel: Channel, size: number): Promise<void> {
    const { id } = from.minted;
    const sender = { space, id, name: from.name };
    const compose = (text: string) =>
      composeMessage({ channel, text }, sender, { now: 1, maxBytes: 2 ** 24 });
    const text = "x".repeat(size - compose("").bytes.length);
    const { bytes: data } = compose(text);
    const subject = formatSubject({ kind: "chat", space, sender: id, channel });
    await store(from.session(), { subject, data });
  }

  test("is nobody's when no copy of it could be stored, and holds up nothing", async () => {
    verifies("DLV-25", "DLV-45");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel]);
    await using bob = await enter(world(), [channel]);
    await join(led, ada, channel);
    const limit = bodyLimit(maxPayload(bob));
    await publishRaw(bob, channel, maxPayload(bob) - 100);
    await publishRaw(bob, channel, limit + 1);
    expect(led.stats(ada).drops).not.toHaveProperty("malformed-json");
    const seqs = await publishMany(bob, channel, 3);
    await served(world(), led, ada);
    expect(led.stats(ada).drops).toMatchObject({ "too-large": 2 });
    expect(seqsOf(await drain(led, ada))).toEqual(seqs);
    // The largest that a peer composes is copied, whatever a copy adds to it.
    await publishRaw(bob, channel, limit);
    await served(world(), led, ada);
    expect(await led.of(ada).pending(ada.minted.id)).toEqual({ pending: 1, parked: 0 });
    expect(led.stats(ada).drops).toMatchObject({ "too-large": 2 });
  });
});
