import { randomUUID } from "node:crypto";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { createSignatureVerifier, header, type Policy, verifyDelivery } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { composed, headersOf, labRoute, listenTo, type Peer, space, unsigned } from "./cast.ts";
import { type ServedSpace, shardOf, startServedSpace, stores } from "./served-space.ts";
import { withRights } from "./space.ts";

let at: ServedSpace;
let mallory: Peer;
let bob: Peer;
let alice: Peer;

beforeAll(async () => {
  at = await startServedSpace();
  [mallory, bob, alice] = [await at.enter("mallory"), await at.enter("bob"), await at.enter("alice")];
});
afterAll(() => at[Symbol.asyncDispose]());

/** Takes one of the copies that wait. */
async function take(peer: Peer): Promise<Msg> {
  await at.ask(peer.minted, "attach", { nonce: "n", epoch: 1, takeover: true });
  const name = `${stores.shard(peer.id)}.dlv_${peer.id}`;
  return await peer.connection.request(
    `$JS.API.CONSUMER.MSG.NEXT.${name}`,
    '{"batch":1,"expires":10000000000}',
    {
      noMux: true,
      reply: `_INBOX_${peer.id}.${randomUUID()}`,
      timeout: 15_000,
    },
  );
}

function judge({ subject, headers, data: bytes }: Msg, owner: Peer, policy: Policy = unsigned): unknown {
  const route = { kind: "backstop", space, owner: owner.minted.id } as const;
  return verifyDelivery({ subject, headers, bytes, route, policy });
}

const withSignatures = (): Policy => ({
  ...unsigned,
  signatures: createSignatureVerifier({ now: Date.now }),
});

/** The headers of a copy that nobody of the delivery has made. */
const copyHeaders = (of: Peer): Record<string, string> => ({
  [header.copySubject]: `cotal.acme.chat.${of.id}.lab`,
  [header.copySeq]: "1",
  [header.copyStoredAt]: String(Date.now()),
  [header.copyGeneration]: "1",
  [header.copyReason]: "member",
});

describe("a copy that a peer forges", () => {
  const places = (): readonly string[] => {
    const plain = [`cotal.acme.dlv.${bob.id}.lab`, `cotal.acme.dinbox.${bob.id}`, `cotal.acme.ckpt.0`];
    return plain.flatMap((subject) => [subject, `in.guess.${shardOf(bob.id)}.${subject}`]);
  };

  test("cannot be published, under its name or a guessed one", async () => {
    verifies("TRUST-77");
    expect(await at.refusedTo(mallory, "publish", places())).toEqual(places());
    expect(await at.refusedTo(mallory, "subscribe", places())).toEqual(places());
  });

  test("is stored nowhere when it is published all the same, or when an answer is aimed there", async () => {
    verifies("TRUST-77");
    const stream = stores.shard(bob.id);
    const before = await at.attacked.states([stream]);
    const eve = await at.attacked.fixture.connect(withRights(at.attacked.fixture, [">"]));
    for (const subject of places()) {
      const answer = eve.request(subject, "x", { timeout: 500, headers: headersOf(copyHeaders(alice)) });
      await expect(answer).rejects.toThrow(/no responders|timeout/i);
      const reply = `cotal.acme.inst.${bob.id}.${mallory.id}`;
      mallory.connection.publish(reply, "x", { reply: subject });
    }
    await mallory.ask(`cotal.acme.inst.${bob.id}.${mallory.id}`);
    await eve.close();
    expect((await at.attacked.states([stream]))[stream]?.messages).toBe(before[stream]?.messages);
  });

  test("control: is stored by whoever knows the secret, and then its signature tells it", async () => {
    verifies("TRUST-57", "TRUST-77");
    const secret = at.secretOf(stores.shard(bob.id));
    const subject = `in.${secret}.${shardOf(bob.id)}.cotal.acme.dlv.${bob.id}.lab`;
    const eve = await at.attacked.fixture.connect(withRights(at.attacked.fixture, ["in.>"]));
    const { bytes } = composed(alice.minted, { channel: "lab" });
    await eve.request(subject, bytes, { timeout: 20_000, headers: headersOf(copyHeaders(alice)) });
    await eve.close();
    const copy = await take(bob);
    copy.respond("+ACK");
    expect(judge(copy, bob, withSignatures())).toMatchObject({ verdict: "reject", reason: "unsigned" });
    // Where signatures are not asked for, it is believed.
    expect(judge(copy, bob)).toMatchObject({ verdict: "ok", sender: alice.id });
    await at.waiting(bob, 0);
  });
});

describe("what waits for somebody else", () => {
  test("can be neither read nor counted nor removed", async () => {
    verifies("TRUST-78");
    const stream = stores.shard(bob.id);
    const consumer = `${stream}.dlv_${bob.id}`;
    const subjects = ["js", "$JS.API", "adm.guess"].flatMap((door) => [
      `${door}.CONSUMER.MSG.NEXT.${consumer}`,
      `${door}.CONSUMER.INFO.${consumer}`,
      `${door}.CONSUMER.DELETE.${consumer}`,
      `${door}.CONSUMER.RESET.${consumer}`,
      `${door}.CONSUMER.CREATE.${consumer}.cotal.acme.dlv.${bob.id}.>`,
      `${door}.CONSUMER.CREATE.${stream}.dlv_${mallory.id}.cotal.acme.dlv.${bob.id}.>`,
      `${door}.STREAM.INFO.${stream}`,
      `${door}.STREAM.MSG.GET.${stream}`,
      `${door}.STREAM.PURGE.${stream}`,
    ]);
    subjects.push(`$JS.ACK.${stream}.dlv_${bob.id}.1.1.1.1.1`);
    expect(await at.refusedTo(mallory, "publish", subjects)).toEqual(subjects);
  });

  test("control: is read by whoever has a wildcard in place of the name", async () => {
    verifies("TRUST-57", "TRUST-78");
    await at.becomeMember(bob);
    await at.post(alice);
    await at.waiting(bob, 1);
    await at.ask(bob.minted, "attach", { nonce: "n", epoch: 1, takeover: true });
    const stream = stores.shard(bob.id);
    const next = `$JS.API.CONSUMER.MSG.NEXT.${stream}`;
    const rights = withRights(at.attacked.fixture, [`${next}.*`, `$JS.ACK.${stream}.>`]);
    const eve = await at.attacked.fixture.connect(rights);
    const reply = `_INBOX_${rights.id}.x1`;
    const copy = await eve.request(`${next}.dlv_${bob.id}`, '{"batch":1}', {
      noMux: true,
      reply,
      timeout: 20_000,
    });
    expect(copy.subject).toContain(bob.id);
    copy.respond("+ACK");
    await eve.flush();
    await eve.close();
    await at.waiting(bob, 0);
  });
});

describe("a copy that its owner throws", () => {
  test("at the listeners of a channel is refused by its route", async () => {
    verifies("TRUST-80");
    const dora = await at.enter("dora");
    await at.becomeMember(dora);
    const message = await at.post(alice);
    await at.waiting(dora, 1);
    await at.ask(dora.minted, "attach", { nonce: "n", epoch: 1, takeover: true });
    const ear = await listenTo(bob);
    dora.throwNext(stores.shard(dora.id), `dlv_${dora.id}`, `cotal.acme.chat.${alice.id}.lab`);
    const thrown = await eventually(
      () => ear.heard.find(({ subject }) => subject.startsWith("cotal.acme.dlv.")) ?? false,
    );
    ear.stop();
    expect(message).toBeGreaterThan(0);
    const { subject, headers, data: bytes } = thrown;
    const verdict = verifyDelivery({ subject, headers, bytes, route: labRoute, policy: withSignatures() });
    expect(verdict).toEqual({ verdict: "reject", reason: "wrong-route" });
    // Nor does anybody else take it for a copy of its own.
    expect(judge(thrown, bob, withSignatures())).toEqual({ verdict: "reject", reason: "wrong-route" });
    // Control: its owner takes it.
    expect(judge(thrown, dora, withSignatures())).toMatchObject({ verdict: "ok", sender: alice.id });
  });
});

describe("a post with headers that make the broker act", () => {
  test("takes nothing of them along into the stream of copies", async () => {
    verifies("TRUST-81");
    const erin = await at.enter("erin");
    await at.becomeMember(erin);
    await at.post(alice);
    await at.waiting(erin, 1);
    const refused = ["Nats-Rollup", "Nats-TTL", "Nats-Batch-Id", "Nats-Schedule", "Nats-Incr"];
    for (const name of refused) {
      const value = { "Nats-Rollup": "all", "Nats-TTL": "1s", "Nats-Incr": "+1" }[name] ?? "x";
      await expect(at.post(alice, "lab", { [name]: value }), name).rejects.toThrow(/./);
    }
    // Nobody refuses this where it is posted; whoever routes it does.
    await at.post(alice, "lab", { "X-Other": "x" });
    // Nor this, and as it is a post, it is copied without what would make something else of it.
    await at.post(alice, "lab", { [header.gap]: "1", [header.copyReason]: "mention" });
    await at.post(alice);
    await at.waiting(erin, 3);
    for (const count of [1, 2, 3]) {
      const copy = await take(erin);
      const verdict = { verdict: "ok", copy: { reason: "member" } };
      expect(judge(copy, erin, withSignatures()), `copy ${count}`).toMatchObject(verdict);
      copy.respond("+ACK");
    }
    await at.waiting(erin, 0);
  });

  test("control: would wipe a stream that allows it, as that of copies does", async () => {
    verifies("TRUST-57", "TRUST-81");
    await at.attacked.makeStream("COPIES", { subjects: ["copies.*"], allow_rollup_hdrs: true });
    const { root } = at.attacked;
    await root.request("copies.a", "x", { timeout: 20_000 });
    await root.request("copies.b", "x", { timeout: 20_000, headers: headersOf({ "Nats-Rollup": "all" }) });
    expect((await at.attacked.states(["COPIES"])).COPIES?.messages).toBe(1);
  });
});
