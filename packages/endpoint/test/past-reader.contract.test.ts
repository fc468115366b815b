import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { consumerInfo, createConsumer, deleteConsumer } from "@cotal/session";
import {
  asChannel,
  asChannelPattern,
  consumerName,
  formatPattern,
  formatSubject,
  streamName,
} from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import type { PastRange } from "../src/parts.ts";
import { withPastConsumer } from "../src/past-consumer.ts";
import { makeChat, post, purgeChat, startChannelPeer } from "./support-channels.ts";
import { queueBroker } from "./support-queues.ts";
import { alice, bob, space } from "./support-receiving.ts";

const at = queueBroker();
const general = asChannel("general");
const other = asChannel("other");
const range: PastRange = { name: "backfill", channel: general, keep: "newest", limit: 1_000, own: false };

async function several(count: number, channel: string, prefix = channel): Promise<void> {
  for (let number = 1; number <= count; number++)
    await post(at().admin, { channel, id: `${prefix}${number}` });
}

describe("the reader of the past", () => {
  test("learns the frontier of an empty stream, of other channels, and of a stream that was purged", async () => {
    verifies("ENDP-37");
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const frontier = (): Promise<number> => peer.past.frontier(session, general);
    expect(await frontier()).toBe(0);
    await several(5, other);
    expect(await frontier()).toBe(5);
    await purgeChat(admin, 6);
    expect(await frontier()).toBe(5);
  });

  test("reads what lies between two places, oldest first, without own posts, and leaves no consumer", async () => {
    verifies("ENDP-53", "ENDP-54", "ENDP-57");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, general);
    await post(admin, { channel: general, id: "mine" }, bob);
    await several(600, other);
    await several(600, general, "later");
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const all = await peer.past.read(session, range);
    expect([all.posts.length, all.from, all.upTo, all.whole]).toEqual([603, 1, 1_204, true]);
    expect(all.posts.map(({ seq }) => seq)).toEqual(
      [...all.posts.map(({ seq }) => seq)].sort((a, b) => a - b),
    );
    const some = await peer.past.read(session, { ...range, after: 2, upTo: 606 });
    expect(some.posts.map(({ accepted }) => accepted.message.id)).toEqual(["general3", "later1", "later2"]);
    expect(some.missed).toBe(false);
    await eventually(async () => {
      const gone = consumerInfo(admin, streamName.chat(space), consumerName.backfill(bob));
      await expect(gone).rejects.toMatchObject({ code: "consumer-missing" });
    });
  });

  test("tells how far it goes where no end is named, and takes nothing for past that is stored meanwhile", async () => {
    verifies("ENDP-37");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, general);
    await several(2, other);
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const ask: typeof session.requests.ask = async (question) => {
      const answer = await session.requests.ask(question);
      if (question.subject.includes(".CREATE.")) await several(1, general, "late");
      return answer;
    };
    const read = (of: Partial<PastRange>) =>
      peer.past.read(
        { ...session, requests: { ask, waiting: 0 } },
        { ...range, upTo: Number.POSITIVE_INFINITY, ...of },
      );
    const { posts, upTo } = await read({});
    expect([posts.map(({ accepted }) => accepted.message.id), upTo]).toEqual([
      ["general1", "general2", "general3"],
      3,
    ]);
    expect(await read({ channel: asChannel("empty") })).toMatchObject({ posts: [], upTo: 0 });
  });

  test("takes no consumer that was left over under its name for its own", async () => {
    verifies("ENDP-53");
    const { broker, admin } = at();
    await makeChat(admin);
    const left = {
      ack_policy: "none",
      deliver_policy: "new",
      filter_subject: formatPattern({ kind: "chat", space, sender: "*", channel: general }),
      mem_storage: true,
      inactive_threshold: 30e9,
    } as const;
    for (const name of [consumerName.history(bob), consumerName.backfill(bob)]) {
      await createConsumer(admin, streamName.chat(space), { name, ...left });
    }
    await several(5, general);
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    expect(await peer.past.frontier(session, general)).toBe(5);
    const { posts, upTo } = await peer.past.read(session, range);
    expect([posts.length, upTo]).toEqual([5, 5]);
  });

  test("goes on where it was when its consumer is gone", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, general);
    await several(2, other);
    await several(300, general, "later");
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const stream = streamName.chat(space);
    const use = { session, name: "history", channel: general } as const;
    const seqs = await withPastConsumer(peer.core, use, async ({ look, page }) => {
      const lose = (): Promise<void> => deleteConsumer(admin, stream, consumerName.history(bob));
      expect(await look({ kind: "seq", seq: 3 })).toEqual({ from: 3, pending: 301 });
      await lose();
      const first = await page();
      await lose();
      return [...first, ...(await page())].map(({ seq }) => seq);
    });
    expect(seqs).toEqual([3, ...Array.from({ length: 300 }, (_, n) => 6 + n)]);
  });

  test("gives one reader of a name after the other its turn", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(300, general);
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const reads = Array.from({ length: 8 }, (_, number) =>
      peer.past.read(session, { ...range, after: number }),
    );
    expect((await Promise.all(reads)).map(({ posts }) => posts.length)).toEqual(
      Array.from({ length: 8 }, (_, number) => 300 - number),
    );
  });

  test("drops and counts what is no post, and what was not written by its sender", async () => {
    verifies("ENDP-55");
    const { broker, admin } = at();
    await makeChat(admin);
    const subject = formatSubject({ kind: "chat", space, sender: alice, channel: general });
    await admin.connection.request(subject, "no message");
    const forged = { id: "x", ts: 0, space, from: { id: bob, name: "bob" }, channel: "general" };
    await admin.connection.request(
      subject,
      JSON.stringify({ ...forged, parts: [{ kind: "text", text: "I am bob" }] }),
    );
    await several(1, general);
    await using peer = await startChannelPeer(broker.url);
    const { posts } = await peer.past.read(peer.core.session(), range);
    expect(posts.map(({ accepted }) => accepted.message.id)).toEqual(["general1"]);
    expect(peer.rejections.counts).toEqual({ "malformed-json": 1, "sender-mismatch": 1 });
  });

  test("says what it had to leave out behind the place where the last read ended", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(20, general);
    await using peer = await startChannelPeer(broker.url);
    const session = peer.core.session();
    const read = (more: Partial<PastRange>) => peer.past.read(session, { ...range, ...more });
    expect(await read({ after: 4, limit: 5 })).toMatchObject({ missed: true, from: 16 });
    expect(await read({ after: 4, since: Date.now() + 60_000 })).toMatchObject({ missed: true, posts: [] });
    expect(await read({ after: 20, since: Date.now() + 60_000 })).toMatchObject({ missed: false, posts: [] });
    expect(await read({ after: 25 })).toMatchObject({ missed: true, posts: [] });
    await purgeChat(admin, 10);
    expect(await read({ after: 8 })).toMatchObject({ missed: true, from: 10 });
    expect(await read({ after: 9 })).toMatchObject({ missed: false, from: 10 });
  });

  test("reads all channels of a pattern", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(2, "team.a");
    await several(2, "team.b");
    await several(2, "team");
    await using peer = await startChannelPeer(broker.url);
    const channel = asChannelPattern("team.>");
    const { posts } = await peer.past.read(peer.core.session(), { ...range, channel });
    expect(posts.map(({ accepted }) => accepted.channel)).toEqual(["team.a", "team.a", "team.b", "team.b"]);
  });
});
