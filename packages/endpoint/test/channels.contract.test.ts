import { setTimeout as pause } from "node:timers/promises";
import { eventually, expectNoDuplicate, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { asChannel, asChannelPattern, CotalError, streamName } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type ChannelPeer, idsOf, makeChat, post, startChannelPeer } from "./support-channels.ts";
import { codeOf } from "./support-presence.ts";
import { queueBroker } from "./support-queues.ts";
import { bob, space } from "./support-receiving.ts";

const at = queueBroker();
const general = asChannel("general");
const stateOf = ({ channels }: ChannelPeer, channel = "general") =>
  channels.states().find((state) => state.channel === channel);

async function several(count: number, channel: string, prefix = channel): Promise<void> {
  for (let number = 1; number <= count; number++)
    await post(at().admin, { channel, id: `${prefix}${number}` });
}

describe("joining a channel", () => {
  test("brings what was said before, marked as such, and then what is said", async () => {
    verifies("ENDP-37", "ENDP-40", "ENDP-41", "ENDP-57");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, "general", "old");
    await post(admin, { channel: "general", id: "mine" }, bob);
    await using peer = await startChannelPeer(broker.url);
    peer.listen();
    const result = { joined: true, durable: "not-durable", reason: "no-backstop" };
    expect(await peer.channels.join("general")).toMatchObject({ ...result, backfill: { count: 3 } });
    expect(await peer.channels.join("general")).toMatchObject({ ...result, backfill: { count: 0 } });
    await several(1, "general", "new");
    await eventually(() => expect(peer.heard).toHaveLength(4));
    expect(peer.heard.map(({ message, historical, source }) => [message.id, historical, source])).toEqual([
      ["old1", true, "history"],
      ["old2", true, "history"],
      ["old3", true, "history"],
      ["new1", false, "live"],
    ]);
    expect([peer.channels.joined(), stateOf(peer)]).toEqual([
      ["general"],
      expect.objectContaining({ live: true, watermark: 4, durable: "not-durable", class: "durable" }),
    ]);
  });

  test("asks the broker for one consumer where there is no membership to begin", async () => {
    verifies("ENDP-37");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, "general");
    await using peer = await startChannelPeer(broker.url);
    const created: string[] = [];
    const watching = admin.connection.subscribe(`$JS.API.CONSUMER.CREATE.${streamName.chat(space)}.>`, {
      callback: (_, { subject }) => void created.push(subject),
    });
    await admin.connection.flush();
    expect(await peer.channels.join("general")).toMatchObject({ durable: "not-durable" });
    expect(stateOf(peer)).toMatchObject({ live: true, watermark: 3 });
    await eventually(() => expect(created).toHaveLength(1));
    watching.unsubscribe();
    expect(await peer.channels.join("other")).toMatchObject({ backfill: { count: 0 } });
    expect(peer.channels.states()[1]).toMatchObject({ channel: "other", live: true, watermark: 0 });
  });

  test("hands over each post once, whenever it is posted around the join", async () => {
    verifies("ENDP-37");
    const { broker, admin } = at();
    await makeChat(admin);
    for (let round = 0; round < 25; round++) {
      await using peer = await startChannelPeer(broker.url);
      peer.listen();
      const channel = `round-${round}`;
      const posted: string[] = [];
      const done = new AbortController();
      const posting = [1, 2, 3].map(async (writer) => {
        for (let number = 0; !done.signal.aborted; number++) {
          await post(admin, { channel, id: `${writer}-${number}` });
          posted.push(`${writer}-${number}`);
        }
      });
      await eventually(() => posted.length > (round * 7) % 40);
      await peer.channels.join(channel);
      const then = posted.length;
      await eventually(() => posted.length > then + 20);
      done.abort();
      await Promise.all(posting);
      await eventually(() => expect(peer.heard.length).toBeGreaterThanOrEqual(posted.length));
      expect(idsOf(peer).sort()).toEqual(posted.sort());
      for (const writer of ["1", "2", "3"]) {
        const numbers = peer.heard.map(({ message }) => message.id.split("-"));
        const own = numbers.filter(([by]) => by === writer).map(([, number]) => Number(number));
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
    }
  });

  test("reads back no farther than the window, and nothing where replay is off", async () => {
    verifies("ENDP-37", "ENDP-43");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, "short", "old");
    await several(3, "team.loud");
    await several(3, "team.quiet");
    await several(3, "silent");
    await pause(2_100);
    await several(2, "short", "new");
    await using peer = await startChannelPeer(broker.url);
    peer.views.configure("short", { replayWindow: "2s" });
    peer.views.configure("silent", { replay: false });
    peer.views.configure("team.quiet", { replay: false });
    peer.listen();
    expect((await peer.channels.join("short")).backfill.count).toBe(2);
    expect((await peer.channels.join("silent")).backfill.count).toBe(0);
    const pattern = await peer.channels.join("team.*");
    expect(pattern).toMatchObject({ durable: "not-durable", reason: "pattern", backfill: { count: 3 } });
    await eventually(() => expect(peer.heard).toHaveLength(5));
    expect(idsOf(peer).sort()).toEqual(["new1", "new2", "team.loud1", "team.loud2", "team.loud3"]);
  });

  test("with overlapping patterns hears a post once", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    peer.listen();
    for (const channel of ["team.>", "team.a", "*.a"]) await peer.channels.join(channel);
    await several(5, "team.a");
    await several(1, "team.b");
    await eventually(() => expect(idsOf(peer)).toContain("team.b1"));
    expect(idsOf(peer)).toHaveLength(6);
    await peer.channels.leave("team.a");
    await several(1, "team.a", "more");
    await eventually(() => expect(idsOf(peer)).toContain("more1"));
  });

  test("is refused where the name is no channel, before anything is asked", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    expect(await codeOf(peer.channels.join("a/b"))).toBe("bad-pattern");
    expect(
      await codeOf(
        peer.channels.join("general", { signal: AbortSignal.abort(new CotalError("interrupted", "")) }),
      ),
    ).toBe("interrupted");
    expect(peer.channels.joined()).toEqual([]);
    await peer.link.stop();
    expect(await codeOf(peer.channels.join("general"))).toBe("stopped");
  });
});

describe("leaving a channel", () => {
  test("ends it, also the last one, and says when one was not in it", async () => {
    verifies("ENDP-48");
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    peer.listen();
    await peer.channels.join("general");
    expect(await peer.channels.leave("general")).toEqual({ left: true });
    expect(await peer.channels.leave("general")).toEqual({ left: false });
    await several(1, "general");
    await peer.channels.join("other");
    await several(1, "other");
    await eventually(() => expect(idsOf(peer)).toEqual(["other1"]));
    expect([peer.channels.joined(), peer.events.map(({ kind }) => kind)]).toEqual([
      ["other"],
      ["joined", "left", "joined"],
    ]);
  });
});

describe("after a lost connection", () => {
  test("nothing is lost and nothing comes twice, while the broker is killed again and again", async () => {
    verifies("ENDP-32", "ENDP-34", "ENDP-35");
    const { broker, admin: first } = at();
    await makeChat(first);
    await using peer = await startChannelPeer(broker.url);
    peer.listen();
    await peer.channels.join("general");
    const posted: string[] = [];
    const done = new AbortController();
    const posting = (async () => {
      for (let number = 0; !done.signal.aborted; number++) {
        const id = `p${number}`;
        await eventually(() => post(at().admin, { channel: "general", id }));
        posted.push(id);
        await pause(1);
      }
    })();
    for (let kill = 0; kill < 3; kill++) {
      const before = posted.length;
      await eventually(() => posted.length > before + 100);
      await broker.kill();
      await pause(50);
      await broker.restart();
      await eventually(() => expect(peer.link.state.kind).toBe("live"));
    }
    const before = posted.length;
    await eventually(() => posted.length > before + 50);
    done.abort();
    await posting;
    await eventually(() => expect(new Set(idsOf(peer)).size).toBe(posted.length));
    expectNoDuplicate(peer.heard.map(({ message }) => ({ id: message.id, owner: "bob" })));
    expect(peer.gaps).toEqual([]);
  });

  test("nothing is told where nothing was said meanwhile", async () => {
    verifies("ENDP-35");
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url);
    for (const channel of ["silent", "short"]) peer.views.configure(channel, { replay: false });
    peer.views.configure("short", { replay: true, replayWindow: "0s" });
    peer.listen();
    for (const channel of ["silent", "short", "general"]) await peer.channels.join(channel);
    await peer.link.reconnect();
    await eventually(() => expect(stateOf(peer)?.live).toBe(true));
    await several(1, "short");
    await several(1, "general");
    await eventually(() => expect(idsOf(peer)).toEqual(["short1", "general1"]));
    expect(peer.gaps).toEqual([]);
  });

  test("what was said meanwhile is read back, and a gap where it cannot be", async () => {
    verifies("ENDP-35");
    const { broker, admin } = at();
    await makeChat(admin);
    await using proxy = await startFaultProxy({ targetPort: broker.port });
    await using peer = await startChannelPeer(proxy.url);
    peer.views.configure("silent", { replay: false });
    peer.views.configure("short", { replayWindow: "0s" });
    peer.listen();
    for (const channel of ["silent", "short", "general"]) await peer.channels.join(channel);
    await several(1, "general", "before");
    await eventually(() => expect(idsOf(peer)).toEqual(["before1"]));
    await proxy.refuse();
    proxy.cut();
    await eventually(() => expect(peer.link.state.kind).not.toBe("live"));
    for (const channel of ["general", "silent", "short"]) await several(2, channel, channel);
    await proxy.heal();
    await eventually(() => expect(peer.heard).toHaveLength(3));
    expect(peer.heard.map(({ message, historical }) => [message.id, historical])).toEqual([
      ["before1", false],
      ["general1", true],
      ["general2", true],
    ]);
    expect(peer.gaps).toEqual([
      { channel: "silent", fromSeq: 1, reason: "disconnected" },
      { channel: "short", fromSeq: 1, reason: "disconnected" },
    ]);
  });
});

describe("channels from the start", () => {
  test("are joined with the first connection, and say so", async () => {
    verifies("ENDP-44");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(2, "general");
    await using peer = await startChannelPeer(broker.url, { boot: [general, asChannelPattern("team.>")] });
    peer.listen();
    await eventually(() => expect(idsOf(peer)).toEqual(["general1", "general2"]));
    await eventually(() =>
      expect(peer.events.filter(({ kind }) => kind === "joined").map(({ channel }) => channel)).toEqual([
        "general",
        "team.>",
      ]),
    );
  });
});
