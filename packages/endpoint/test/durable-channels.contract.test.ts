import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { asChannel, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import {
  type ChannelPeer,
  idsOf,
  makeChat,
  post,
  startChannelPeer,
  startFakeDelivery,
  testViews,
} from "./support-channels.ts";
import { codeOf } from "./support-presence.ts";
import { queueBroker } from "./support-queues.ts";

const at = queueBroker();
const general = asChannel("general");
const stateOf = ({ channels }: ChannelPeer, channel = "general") =>
  channels.states().find((state) => state.channel === channel);

async function several(count: number, channel: string, prefix = channel): Promise<void> {
  for (let number = 1; number <= count; number++)
    await post(at().admin, { channel, id: `${prefix}${number}` });
}

const withBackstop = () => testViews({ backstop: true });

describe("a durable channel", () => {
  test("is held from the frontier on, and left with its generation", async () => {
    verifies("ENDP-37", "ENDP-38", "ENDP-41", "ENDP-46", "ENDP-52");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(5, "other");
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    const result = { joined: true, durable: "held", generation: 1 };
    expect(await peer.channels.join("general")).toMatchObject(result);
    expect(delivery.rows.get("general")).toEqual({ generation: 1, since: 5, open: true });
    await eventually(() => expect(stateOf(peer)?.active).toBe(true));
    expect(peer.channels.health()).toEqual({ kind: "ok" });
    expect(await peer.channels.leave("general")).toEqual({ left: true });
    expect(delivery.rows.get("general")?.open).toBe(false);
    expect(delivery.calls.at(-1)).toEqual(["durableLeave", { channel: "general", generation: 1 }]);
    expect(peer.channels.states()).toEqual([]);
  });

  test("cannot be left while nobody answers, and one is still in it", async () => {
    verifies("ENDP-42", "ENDP-46", "ENDP-47");
    const { broker, admin } = at();
    await makeChat(admin);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    peer.listen();
    const result = { joined: true, durable: "unavailable", reason: "delivery-unavailable" };
    expect(await peer.channels.join("general")).toMatchObject(result);
    expect(peer.channels.health()).toMatchObject({ kind: "degraded", code: "delivery-unavailable" });
    expect(await codeOf(peer.channels.leave("general"))).toBe("delivery-unavailable");
    expect(peer.channels.joined()).toEqual(["general"]);
    await several(1, "general");
    await eventually(() => expect(idsOf(peer)).toEqual(["general1"]));
    await using delivery = await startFakeDelivery(broker.url);
    await eventually(() => expect(stateOf(peer)).toMatchObject({ durable: "held", generation: 1 }));
    // What was posted since the join is to be kept, however late the membership comes about.
    expect(delivery.rows.get("general")).toMatchObject({ since: 0 });
    await delivery.stop();
    await eventually(async () => expect(await codeOf(peer.service.pending())).toBe("no-responders"));
    expect(await codeOf(peer.channels.leave("general"))).toBe("delivery-unavailable");
    expect(stateOf(peer)).toMatchObject({ durable: "held", generation: 1 });
  });

  test("from the start is asked for until it is held, and left by what the service knows of it", async () => {
    verifies("ENDP-44", "ENDP-46");
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    delivery.fail("durableJoin", new CotalError("unavailable", "not now"));
    await using peer = await startChannelPeer(broker.url, { views: withBackstop(), boot: [general] });
    await eventually(() =>
      expect(stateOf(peer)).toMatchObject({ durable: "unavailable", reason: "unavailable" }),
    );
    expect(peer.channels.health()).toMatchObject({ kind: "degraded", code: "unavailable" });
    delivery.put("general", { generation: 4, since: 0, open: true });
    expect(await peer.channels.leave("general")).toEqual({ left: true });
    expect(delivery.rows.get("general")?.open).toBe(false);
    delivery.fail("durableJoin");
    await peer.channels.join("general");
    delivery.put("general", { generation: 9, since: 0, open: true });
    delivery.fail("durableLeave", new CotalError("stale-generation", "another generation"));
    expect(await codeOf(peer.channels.leave("general"))).toBe("stale-generation");
    delivery.fail("durableLeave");
    expect(await peer.channels.leave("general")).toEqual({ left: true });
    expect(delivery.calls.at(-1)).toEqual(["durableLeave", { channel: "general", generation: 9 }]);
  });

  test("that may be held from an earlier life is not read back as the past while nobody tells", async () => {
    verifies("ENDP-35");
    const { broker, admin } = at();
    await makeChat(admin);
    await several(3, "general");
    await using peer = await startChannelPeer(broker.url, { views: withBackstop(), boot: [general] });
    peer.listen();
    await eventually(() => expect(stateOf(peer)).toMatchObject({ durable: "unavailable", watermark: 3 }));
    await several(1, "general", "later");
    await eventually(() => expect(idsOf(peer)).toEqual(["later1"]));
    await using delivery = await startFakeDelivery(broker.url);
    await eventually(() => expect(stateOf(peer)?.durable).toBe("held"));
    expect(delivery.rows.get("general")).toMatchObject({ since: 3 });
    expect(idsOf(peer)).toEqual(["later1"]);
  });

  test("is not joined, and its membership is ended, when the join is given up halfway", async () => {
    verifies("ENDP-11", "ENDP-39");
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    const giveUp = new AbortController();
    const reason = new CotalError("interrupted", "no time");
    peer.core.events.on("channel", ({ state }) => {
      if (state?.durable === "pending") giveUp.abort(reason);
    });
    await expect(peer.channels.join("general", { signal: giveUp.signal })).rejects.toBe(reason);
    expect(peer.channels.joined()).toEqual([]);
    await eventually(() => expect(delivery.rows.get("general")?.open).toBe(false));
    await eventually(() => expect(peer.channels.states()).toEqual([]));
  });

  test("comes out as the last call wants it, however joins and leaves meet", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    for (let round = 0; round < 10; round++) {
      const calls = Array.from({ length: 6 }, (_, number) =>
        (number + round) % 2 === 0 ? peer.channels.join("general") : peer.channels.leave("general"),
      );
      await Promise.all(calls);
      const isJoined = (5 + round) % 2 === 0;
      expect(peer.channels.joined()).toEqual(isJoined ? ["general"] : []);
      expect(delivery.rows.get("general")?.open ?? false).toBe(isJoined);
    }
  });

  test("follows the class of the channel", async () => {
    verifies("ENDP-45");
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    peer.views.configure("general", { deliveryClass: "live" });
    expect(await peer.channels.join("general")).toMatchObject({
      durable: "not-durable",
      reason: "live-class",
    });
    peer.views.configure("general", { deliveryClass: "durable" });
    await eventually(() => expect(stateOf(peer)).toMatchObject({ durable: "held" }));
    peer.views.configure("general", { deliveryClass: "live" });
    await eventually(() =>
      expect(stateOf(peer)).toMatchObject({ durable: "not-durable", reason: "live-class" }),
    );
    expect(delivery.rows.get("general")?.open).toBe(false);
    const told = peer.events.filter(({ kind }) => kind === "durability").map(({ state }) => state?.durable);
    expect(told.filter((durable, index) => durable !== told[index - 1])).toEqual([
      "pending",
      "held",
      "closing",
      "not-durable",
    ]);
    expect(await peer.channels.leave("general")).toEqual({ left: true });
  });

  test("begins anew, with a gap, when retention was faster", async () => {
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    delivery.fail("durableJoin", new CotalError("evicted", "not kept"));
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    await peer.channels.join("general");
    expect(stateOf(peer)).toMatchObject({ durable: "pending", reason: "evicted" });
    expect(peer.gaps).toEqual([{ channel: "general", fromSeq: 1, reason: "retention" }]);
    await several(3, "general");
    delivery.fail("durableJoin");
    await eventually(() => expect(delivery.rows.get("general")).toMatchObject({ since: 3 }));
  });

  test("is held over a reconnect without asking, and tells no gap", async () => {
    verifies("ENDP-32");
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    peer.views.configure("general", { replay: false });
    await peer.channels.join("general");
    await several(3, "other");
    await peer.link.reconnect();
    await eventually(() =>
      expect(stateOf(peer)).toMatchObject({ live: true, watermark: 3, durable: "held" }),
    );
    expect(delivery.calls.filter(([op]) => op === "durableJoin")).toHaveLength(1);
    expect(peer.gaps).toEqual([]);
  });
});
