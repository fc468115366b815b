import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { createConsumer, requestApi, type Session } from "@cotal/session";
import { asOwnerId, consumerName } from "@cotal/subjects";
import {
  type ComposedMessage,
  composeMessage,
  createSignatureVerifier,
  generateSeed,
  header,
  keyPairFromSeed,
  signBurst,
} from "@cotal/wire";
import { headers } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import type { Delivery } from "../src/delivery.ts";
import { liveRoute } from "../src/live-route.ts";
import { queueBroker, type ReceivingPeer, receivingPeer } from "./support-queues.ts";
import { bob, space } from "./support-receiving.ts";

const at = queueBroker();
const keys = keyPairFromSeed(generateSeed("user"));
const sender = { space, id: asOwnerId(keys.publicKey), name: "alice" };
const channel = "team.a";
const stream = "COPIES";
const consumer = consumerName.delivery(bob);

/** A peer that checks signatures, with a queue of durable copies. */
async function peerWithCopies(admin: Session, url: string): Promise<ReceivingPeer> {
  await requestApi(admin, `STREAM.CREATE.${stream}`, { name: stream, subjects: [`cotal.${space}.dlv.>`] });
  await createConsumer(admin, stream, { name: consumer, deliver_policy: "all", ack_policy: "explicit" });
  const signatures = createSignatureVerifier({ now: () => Date.now() });
  const policy = () => ({ maxBytes: 100_000, signatures });
  const peer = receivingPeer(url, { core: { mode: "observer", policy }, intake: { ackWaitMs: 1_000 } });
  const session = await peer.link.start();
  const route = { kind: "backstop", space, owner: bob } as const;
  peer.startRoute(session, { stream, consumer, route, source: "backstop" });
  return peer;
}

interface SignedPost extends ComposedMessage {
  readonly signed: Record<string, string>;
}

function post(id: string): SignedPost {
  const now = Date.now();
  const composed = composeMessage({ channel, id, text: "hello" }, sender, { now, maxBytes: 100_000 });
  const [signed = {}] = signBurst(keys, { signedAt: now, items: [composed] });
  return { ...composed, signed };
}

async function store(
  admin: Session,
  fields: Record<string, string>,
  body: Uint8Array | string,
): Promise<void> {
  const all = headers();
  for (const [name, value] of Object.entries(fields)) all.set(name, value);
  const subject = `cotal.${space}.dlv.${bob}.${channel}`;
  await admin.connection.request(subject, body, { headers: all, timeout: 10_000 });
}

/** What the delivery engine stores for a member. */
function copy(admin: Session, { subject, bytes, signed }: SignedPost, body = bytes): Promise<void> {
  const facts = { copySeq: "7", copyStoredAt: String(Date.now()), copyGeneration: "1", copyReason: "member" };
  const named = Object.entries(facts).map(([name, value]) => [header[name as keyof typeof header], value]);
  return store(admin, { ...signed, [header.copySubject]: subject, ...Object.fromEntries(named) }, body);
}

/** Hears a post as the live subscription does. */
function hear(peer: ReceivingPeer, { subject, bytes, signed }: SignedPost): void {
  const all = headers();
  for (const [name, value] of Object.entries(signed)) all.set(name, value);
  const session = peer.link.session;
  if (!session) throw new Error("the link is not live");
  const subscription = liveRoute(peer.core, peer.intake, peer.rejections)(session, () => true);
  subscription({ subject, data: bytes, headers: all } as unknown as Parameters<typeof subscription>[0]);
}

/** Asked on the peer's connection: what was handed out before the answer has arrived before it. */
async function expectHeld({ core, link }: ReceivingPeer): Promise<void> {
  const session = link.session ?? core.session();
  const info = await requestApi<object>(session, `CONSUMER.INFO.${stream}.${consumer}`);
  expect(info).toMatchObject({ num_ack_pending: 1 });
}

async function expectSettled(admin: Session, handedOut: number): Promise<void> {
  await eventually(async () => {
    const info = await requestApi<object>(admin, `CONSUMER.INFO.${stream}.${consumer}`);
    expect(info).toMatchObject({
      num_pending: 0,
      num_ack_pending: 0,
      delivered: { consumer_seq: handedOut },
    });
  });
}

describe("a queue of durable copies", () => {
  test("gives each post once, by whichever way it comes first", async () => {
    verifies("ENDP-22", "ENDP-23");
    const { broker, admin } = at();
    await using peer = await peerWithCopies(admin, broker.url);
    const [both, durable] = [post("both"), post("durable")];
    hear(peer, both);
    await copy(admin, both);
    await copy(admin, durable);
    const seen: Delivery[] = [];
    peer.receiver.onMessage(async (delivery) => void seen.push(delivery));
    await expectSettled(admin, 2);
    expect(seen.map(({ message, source, seq }) => [message.id, source, seq])).toEqual([
      ["both", "live", undefined],
      ["durable", "backstop", 7],
    ]);
    await copy(admin, both);
    await expectSettled(admin, 3);
    expect(seen).toHaveLength(2);
  });

  test("brings a post again whose handler failed when it came live", async () => {
    verifies("ENDP-23", "ENDP-25");
    const { broker, admin } = at();
    await using peer = await peerWithCopies(admin, broker.url);
    const one = post("one");
    hear(peer, one);
    await copy(admin, one);
    const seen: [string, boolean][] = [];
    peer.receiver.onMessage(async ({ source, redelivered }) => {
      await eventually(() => expectHeld(peer));
      seen.push([source, redelivered]);
      if (seen.length === 1) throw new Error("not this time");
    });
    await expectSettled(admin, 2);
    expect(seen).toEqual([
      ["live", false],
      ["backstop", true],
    ]);
  });

  test("holds the copy of what an iterator left, and shows it after the ack wait", async () => {
    verifies("ENDP-26");
    const { broker, admin } = at();
    await using peer = await peerWithCopies(admin, broker.url);
    const one = post("one");
    hear(peer, one);
    await copy(admin, one);
    const seen: [string, boolean][] = [];
    for await (const delivery of peer.receiver.messages()) {
      seen.push([delivery.source, delivery.redelivered]);
      if (!delivery.redelivered) continue;
      delivery.settle("handled");
      break;
    }
    await expectSettled(admin, 1);
    expect(seen).toEqual([
      ["live", false],
      ["backstop", true],
    ]);
  });

  test("takes no copy for good because its id was seen: each is verified for itself", async () => {
    verifies("ENDP-24");
    const { broker, admin } = at();
    await using peer = await peerWithCopies(admin, broker.url);
    const one = post("one");
    const seen: string[] = [];
    peer.receiver.onMessage(async ({ message }) => void seen.push(message.id));
    hear(peer, one);
    await eventually(() => expect(seen).toEqual(["one"]));
    const forged = new TextDecoder().decode(one.bytes).replace("hello", "hallo");
    await copy(admin, one, new TextEncoder().encode(forged));
    await expectSettled(admin, 1);
    expect([seen, peer.rejections.counts]).toEqual([["one"], { "bad-signature": 1 }]);
  });

  test("tells of a gap, and settles what told it", async () => {
    const { broker, admin } = at();
    await using peer = await peerWithCopies(admin, broker.url);
    peer.receiver.onMessage(async () => undefined);
    for (const reason of ["quota", "retention", "another"]) {
      const marker = { channel, fromSeq: 3, toSeq: 9, count: 5, reason };
      await store(admin, { [header.gap]: "1" }, JSON.stringify(marker));
    }
    await expectSettled(admin, 3);
    expect(peer.gaps).toEqual(
      ["quota", "retention", "retention"].map((reason) => ({ channel, fromSeq: 3, count: 5, reason })),
    );
  });
});
