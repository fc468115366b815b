import { verifies } from "@cotal/requirements";
import { formatSubject } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { idsOf, makeChat, post, purgeChat, startChannelPeer } from "./support-channels.ts";
import { codeOf } from "./support-presence.ts";
import { queueBroker } from "./support-queues.ts";
import { alice, bob, space } from "./support-receiving.ts";

const at = queueBroker();

async function several(count: number, channel = "general"): Promise<void> {
  const { admin } = at();
  for (let from = 1; from <= count; from += 100) {
    const ids = Array.from({ length: Math.min(100, count - from + 1) }, (_, more) => from + more);
    await Promise.all(ids.map((id) => post(admin, { channel, id: `${channel}-${id}` })));
  }
}

describe("history", () => {
  test("gives the last posts of a long channel among others, own ones as well, with few looks", async () => {
    verifies("ENDP-56", "ENDP-57");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(10_000, "noise");
    await several(150);
    await several(2_000, "noise.more");
    await post(admin, { channel: "general", id: "mine" }, bob);
    await using peer = await startChannelPeer(broker.url);
    const before = peer.core.session().connection.stats().outMsgs;
    const last = await peer.history("general");
    expect(last.map(({ message }) => message.id).slice(-3)).toEqual(["general-149", "general-150", "mine"]);
    expect(last).toHaveLength(100);
    expect(last.at(-1)).toMatchObject({ seq: 12_151, sender: bob, channel: "general" });
    const noise = await peer.history("noise", { limit: 50 });
    expect(noise.map(({ message }) => message.id)).toEqual(
      Array.from({ length: 50 }, (_, number) => `noise-${9_951 + number}`),
    );
    expect(peer.core.session().connection.stats().outMsgs - before).toBeLessThan(100);
  });

  test("goes back page by page with `before`, and not behind `since`", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(30);
    await using peer = await startChannelPeer(broker.url);
    const older = await peer.history("general", { limit: 10, before: 21 });
    expect(older.map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, number) => 11 + number));
    expect(await peer.history("general", { before: 1 })).toEqual([]);
    const [, second, third] = await peer.history("general");
    const since = (third?.storedAt ?? 0) + 1;
    const recent = await peer.history("general", { since });
    expect(recent.every(({ storedAt }) => storedAt >= since)).toBe(true);
    expect(recent.length).toBeLessThan(30);
    expect(second?.seq).toBe(2);
  });

  test("is not emptied by what is no post", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await several(5);
    const subject = formatSubject({ kind: "chat", space, sender: alice, channel: "general" as never });
    for (let number = 0; number < 500; number++) await admin.connection.request(subject, "{}");
    await using peer = await startChannelPeer(broker.url);
    expect(await peer.history("general", { limit: 5 })).toHaveLength(5);
  });

  test("refuses what it cannot read with a code", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    expect(await codeOf(peer.history("a/b"))).toBe("bad-pattern");
    expect(await codeOf(peer.history("general", { limit: 0 }))).toBe("bad-options");
    expect(await codeOf(peer.history("general", { limit: 1e9 }))).toBe("bad-options");
    expect(await codeOf(peer.history("general", { since: -1 }))).toBe("bad-options");
    expect(await codeOf(peer.history("general", { before: 0.5 }))).toBe("bad-options");
    await peer.link.stop();
    expect(await codeOf(peer.history("general"))).toBe("stopped");
  });
});

describe("recall", () => {
  test("reads on from a place, up to where it says, without own posts", async () => {
    verifies("ENDP-57", "ENDP-58");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3);
    await post(admin, { channel: "general", id: "mine" }, bob);
    await post(admin, { channel: "other", id: "elsewhere" });
    await using peer = await startChannelPeer(broker.url);
    const first = await peer.recall("general", 1);
    expect([idsOfPast(first), first.gap, first.upTo]).toEqual([["general-2", "general-3"], false, 5]);
    expect(await peer.recall("general", first.upTo)).toEqual({ messages: [], gap: false, upTo: 5 });
    await several(2_500, "long");
    const long: string[] = [];
    for (let from = 5, steps = 0; steps < 5; steps++) {
      const { messages, upTo } = await peer.recall("long", from);
      long.push(...messages.map(({ message }) => message.id));
      from = upTo;
    }
    expect([long.length, new Set(long).size]).toEqual([2_500, 2_500]);
    expect(idsOf(peer)).toEqual([]);
  });

  test("tells of posts that are not kept any more, and of a stream that is another one", async () => {
    verifies("ENDP-58");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(20);
    await purgeChat(admin, 11);
    await using peer = await startChannelPeer(broker.url);
    const gapAfter = async (seq: number): Promise<boolean> => (await peer.recall("general", seq)).gap;
    expect(await Promise.all([0, 9, 10, 20, 21].map(gapAfter))).toEqual([true, true, false, false, true]);
  });

  test("is refused for a pattern, and where replay is off", async () => {
    verifies("ENDP-59");
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    peer.views.configure("quiet", { replay: false });
    expect(await codeOf(peer.recall("team.>", 0))).toBe("not-concrete");
    expect(await codeOf(peer.recall("quiet", 0))).toBe("no-replay");
    expect(await codeOf(peer.recall("general", -1))).toBe("bad-options");
  });
});

function idsOfPast({
  messages,
}: {
  readonly messages: readonly { readonly message: { readonly id: string } }[];
}) {
  return messages.map(({ message }) => message.id);
}
