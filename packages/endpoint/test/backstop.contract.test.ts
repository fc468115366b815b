import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { deleteConsumer, requestApi, type Session } from "@cotal/session";
import { asChannel, CotalError, consumerName, formatSubject, partition, streamName } from "@cotal/subjects";
import { composeMessage } from "@cotal/wire";
import { headers } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { createChannelListing } from "../src/channel-listing.ts";
import {
  idsOf,
  makeChat,
  shards,
  startChannelPeer,
  startFakeDelivery,
  testViews,
} from "./support-channels.ts";
import { codeOf } from "./support-presence.ts";
import { queueBroker } from "./support-queues.ts";
import { alice, bob, space } from "./support-receiving.ts";

const at = queueBroker();
const stream = streamName.delivery(space, partition(shards, bob));
const consumer = consumerName.delivery(bob);
const withBackstop = () => testViews({ backstop: true });

async function makeCopies(session: Session): Promise<void> {
  const subject = formatSubject({ kind: "dlv", space, owner: bob, channel: asChannel("general") });
  await requestApi(session, `STREAM.CREATE.${stream}`, {
    name: stream,
    subjects: [subject],
    storage: "memory",
  });
}

async function makeConsumer(session: Session): Promise<void> {
  const config = { name: consumer, durable_name: consumer, ack_policy: "explicit", mem_storage: true };
  await requestApi(session, `CONSUMER.CREATE.${stream}.${consumer}`, {
    stream_name: stream,
    config,
    action: "",
  });
}

/** A copy as the delivery engine stores it. */
async function storeCopy({ connection }: Session, id: string, seq: number): Promise<void> {
  const { subject, bytes } = composeMessage(
    { channel: "general", text: "hello", id },
    { space, id: alice, name: "alice" },
    { now: Date.now(), maxBytes: 100_000 },
  );
  const facts = headers();
  for (const [name, value] of Object.entries({
    "Cotal-Subject": subject,
    "Cotal-Seq": String(seq),
    "Cotal-Stored": String(Date.now()),
    "Cotal-Gen": "1",
    "Cotal-Reason": "member",
  })) {
    facts.set(name, value);
  }
  const target = formatSubject({ kind: "dlv", space, owner: bob, channel: asChannel("general") });
  const answer = await connection.request(target, bytes, { headers: facts, timeout: 10_000 });
  if (answer.string().includes("error")) throw new Error(answer.string());
}

describe("the backstop", () => {
  test("brings copies, also after its consumer has vanished, and attaches anew with each connection", async () => {
    verifies("ENDP-51", "ENDP-52");
    const { broker, admin } = at();
    await makeChat(admin);
    await makeCopies(admin);
    await using delivery = await startFakeDelivery(broker.url, bob, undefined, () => makeConsumer(admin));
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    peer.listen();
    await eventually(() => expect(peer.backstop.delivery).toBe("ready"));
    await storeCopy(admin, "first", 1);
    await eventually(() => expect(idsOf(peer)).toEqual(["first"]));
    expect(peer.heard[0]).toMatchObject({ source: "backstop", seq: 1, channel: "general", sender: alice });
    await deleteConsumer(admin, stream, consumer);
    await storeCopy(admin, "second", 2);
    await eventually(() => expect(idsOf(peer)).toEqual(["first", "second"]));
    await peer.link.reconnect();
    await eventually(() =>
      expect(delivery.calls.filter(([op]) => op === "attach").length).toBeGreaterThan(2),
    );
    const attached = delivery.calls.flatMap(([op, args]) =>
      op === "attach" ? [args as { epoch: number; nonce: string }] : [],
    );
    expect(new Set(attached.map(({ nonce }) => nonce)).size).toBe(1);
    expect(attached.at(-1)?.epoch).toBeGreaterThan(attached[0]?.epoch ?? 0);
    await storeCopy(admin, "third", 3);
    await eventually(() => expect(idsOf(peer)).toEqual(["first", "second", "third"]));
  });

  test("says that nobody leads, and is ready once somebody does; the link is live without it", async () => {
    verifies("ENDP-51", "ENDP-52");
    const { broker, admin } = at();
    await makeChat(admin);
    await makeCopies(admin);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    expect(peer.link.state.kind).toBe("live");
    await eventually(() => expect(peer.backstop.delivery).toBe("no-leader"));
    expect(peer.backstop.health()).toMatchObject({ kind: "degraded", code: "delivery-unavailable" });
    await using delivery = await startFakeDelivery(broker.url, bob, undefined, () => makeConsumer(admin));
    delivery.fail("attach", new CotalError("unavailable", "not yet"));
    await eventually(() => expect(peer.backstop.delivery).toBe("unattached"));
    expect(peer.backstop.health()).toMatchObject({ kind: "degraded", code: "unavailable" });
    delivery.fail("attach");
    await eventually(() => expect(peer.backstop.delivery).toBe("ready"));
    expect(peer.backstop.health()).toEqual({ kind: "ok" });
  });

  test("is not asked for where the space has none", async () => {
    verifies("ENDP-47");
    const { broker, admin } = at();
    await makeChat(admin);
    await using delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url);
    expect([peer.backstop.delivery, peer.backstop.health()]).toEqual(["none", { kind: "ok" }]);
    expect(delivery.calls).toEqual([]);
  });
});

describe("the listing of channels", () => {
  test("asks the delivery service, and adds who is alive and what is joined", async () => {
    verifies("ENDP-61");
    const { broker, admin } = at();
    await makeChat(admin);
    const delivery = await startFakeDelivery(broker.url);
    await using peer = await startChannelPeer(broker.url, { views: withBackstop() });
    await peer.channels.join("general");
    await peer.channels.join("team.>");
    const bobEntry = { id: bob, name: "bob", status: "idle", live: true } as const;
    const { service, views } = peer;
    const states = () => peer.channels.states();
    const listing = createChannelListing({ service, views, roster: { entries: () => [bobEntry] }, states });
    expect(await listing.members("general")).toEqual([
      { id: bob, activated: true, live: true, peer: bobEntry },
    ]);
    expect(await listing.channels()).toEqual([
      {
        channel: "general",
        config: views.channelConfig(asChannel("general")),
        stored: { posts: 3, lastSeq: 9, members: 1 },
        own: expect.objectContaining({ durable: "held" }),
      },
      {
        channel: "team.>",
        config: expect.objectContaining({ v: 1 }),
        own: expect.objectContaining({ reason: "pattern" }),
      },
    ]);
    expect(await codeOf(listing.members("team.>"))).toBe("not-concrete");
    await delivery.stop();
    await eventually(async () => expect(await codeOf(service.pending())).toBe("no-responders"));
    expect(await codeOf(listing.members("general"))).toBe("delivery-unavailable");
    expect(await codeOf(listing.channels())).toBe("delivery-unavailable");
  });
});
