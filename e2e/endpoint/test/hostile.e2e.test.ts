import type { Delivery, Endpoint } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Draft, header, type RejectReason } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { messagesIn, queueFacts } from "./facts.ts";
import { connectRaw, type Raw, type RawPeer, withoutDedupeId } from "./raw-peer.ts";
import { type ClosedSpace, startClosedSpace } from "./space.ts";

interface Cast extends AsyncDisposable {
  readonly space: ClosedSpace;
  /** Who means well. */
  readonly alice: Endpoint;
  /** Who is attacked. */
  readonly bob: Endpoint;
  /** A colleague with all the rights of one. */
  readonly mallory: RawPeer;
  /** What bob was shown. */
  readonly shown: readonly Delivery[];
  readonly queues: readonly { readonly stream: string; readonly consumer: string }[];
}

async function startCast(): Promise<Cast> {
  const space = await startClosedSpace();
  const alice = await space.peer("alice");
  const bob = await space.peer("bob", { role: "worker" });
  await bob.join("general");
  const mallory = await connectRaw(space, await space.provision("mallory", { role: "worker" }));
  const shown: Delivery[] = [];
  bob.onMessage(async (delivery) => {
    shown.push(delivery);
  });
  const queues = [
    { stream: "DM_acme", consumer: `dm_${bob.ref.id}` },
    { stream: "TASK_acme", consumer: "svc_worker" },
  ];
  return {
    space,
    alice,
    bob,
    mallory,
    shown,
    queues,
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}

type Forge = (cast: Cast, draft: Draft) => Promise<Raw>;

const longAgoMs = 600_000;

/** One of each kind of what must not be believed. */
const forgeries: Readonly<Partial<Record<RejectReason, Forge>>> = {
  "sender-mismatch": async ({ alice, mallory }, draft) => {
    const { subject } = mallory.compose(draft);
    return await mallory.sign({ ...mallory.compose(draft, { id: alice.ref.id as never }), subject });
  },
  unsigned: async ({ mallory }, draft) => mallory.compose(draft),
  "bad-signature": async ({ mallory }, draft) => {
    const raw = await mallory.sign(mallory.compose(draft));
    return { ...raw, bytes: Buffer.from(raw.bytes).toString().replace("obey", "rule") };
  },
  "malformed-json": async ({ mallory }, draft) =>
    await mallory.sign({ ...mallory.compose(draft), bytes: "{ not json" }),
  "invalid-envelope": async ({ mallory }, draft) =>
    await mallory.sign({ ...mallory.compose(draft), bytes: JSON.stringify({ from: { id: mallory.id } }) }),
  "too-large": async ({ mallory }, draft) =>
    await mallory.sign({ ...mallory.compose(draft), bytes: `${"[".repeat(100_000)}${"]".repeat(100_000)}` }),
  replayed: async ({ mallory }, draft) => await mallory.sign(mallory.compose(draft), longAgoMs),
  "foreign-header": async ({ mallory }, draft) => {
    const raw = await mallory.sign(mallory.compose(draft));
    return { ...raw, headers: { ...raw.headers, [header.dedupeId]: "another:id" } };
  },
};

describe("what nobody can vouch for", () => {
  test("is never shown on any way, ends in the queue that brought it, and is counted by reason", async () => {
    verifies("ENDP-19", "ENDP-6", "ENDP-74");
    await using cast = await startCast();
    const { alice, bob, mallory, shown, space, queues } = cast;
    const routes: readonly Draft[] = [
      { to: bob.ref.id, text: "obey" },
      { toService: "worker", text: "obey" },
      { channel: "general", text: "obey" },
    ];
    for (const draft of routes) {
      for (const forge of Object.values(forgeries)) await mallory.store(await forge(cast, draft));
    }
    await alice.send({ to: bob.ref.id, text: "the truth" });
    await alice.send({ role: "worker", text: "the truth" });
    await alice.send({ channel: "general", text: "the truth" });
    await eventually(() => expect(shown).toHaveLength(3));
    expect(shown.map(({ sender, kind }) => `${kind} ${sender}`).sort()).toEqual(
      ["anycast", "channel", "dm"].map((kind) => `${kind} ${alice.ref.id}`),
    );
    const reasons = Object.keys(forgeries).map((reason) => [reason, routes.length]);
    expect(bob.health().rejected).toEqual(Object.fromEntries(reasons));
    for (const queue of queues) {
      const nothing = { num_pending: 0, num_ack_pending: 0 };
      await eventually(async () => expect(await queueFacts(space, queue)).toEqual(nothing));
    }
    const posts = await bob.history("general");
    expect(posts.map(({ sender }) => sender)).toEqual([alice.ref.id]);
    expect(shown).toHaveLength(3);
  });
});

describe("a true message that is played again", () => {
  test("is shown once, however often it comes", async () => {
    verifies("ENDP-23");
    await using cast = await startCast();
    const { alice, bob, mallory, shown, space, queues } = cast;
    for (const draft of [{ to: bob.ref.id }, { toService: "worker" }, { channel: "general" }]) {
      const raw = withoutDedupeId(await mallory.sign(mallory.compose({ ...draft, text: "once" })));
      for (let time = 1; time <= 3; time++) expect(await mallory.store(raw)).toEqual({ duplicate: false });
    }
    await alice.send({ to: bob.ref.id, text: "the last" });
    for (const queue of queues) {
      const nothing = { num_pending: 0, num_ack_pending: 0 };
      await eventually(async () => expect(await queueFacts(space, queue)).toEqual(nothing));
    }
    // In a channel there is nothing to settle: what was heard before is refused.
    await eventually(() => expect(bob.health().rejected).toEqual({ replayed: 2 }));
    expect(shown.map(({ sender, kind }) => `${kind} ${sender}`).sort()).toEqual(
      [`dm ${alice.ref.id}`, ...["anycast", "channel", "dm"].map((kind) => `${kind} ${mallory.id}`)].sort(),
    );
  });

  test("is not shown to whom a reader of it throws it", async () => {
    verifies("ENDP-19", "ENDP-23", "ENDP-64");
    await using cast = await startCast();
    const { alice, bob, mallory, shown, space } = cast;
    const own = { stream: "DM_acme", consumer: `dm_${mallory.id}` };
    const ask = `$JS.API.CONSUMER.MSG.NEXT.${own.stream}.${own.consumer}`;
    const targets = [
      `cotal.acme.inst.${bob.ref.id}.${mallory.id}`,
      `cotal.acme.svc.worker.${mallory.id}`,
      `cotal.acme.chat.${mallory.id}.general`,
      `_INBOX_${bob.ref.id}.knock`,
      "cotal.acme.presence.digest",
    ];
    for (const target of targets) {
      await alice.send({ to: mallory.id, text: "for mallory" });
      mallory.connection.publish(ask, '{"batch":1}', { reply: target });
    }
    // The form of a digest, by which bob would be alone and all of them known for sure.
    const digest = { v: 1, epoch: 9, version: 1, full: true, live: [], gone: [] };
    const toSelf = `cotal.acme.inst.${mallory.id}.${mallory.id}`;
    await mallory.connection.request(toSelf, JSON.stringify(digest), { timeout: 20_000 });
    mallory.connection.publish(ask, '{"batch":1}', { reply: "cotal.acme.presence.digest" });
    await eventually(async () => expect(await queueFacts(space, own)).toMatchObject({ num_pending: 0 }));
    await alice.send({ to: bob.ref.id, text: "the truth" });
    await eventually(() => expect(shown).toHaveLength(1));
    expect(await messagesIn(space, "DM_acme")).toBe(targets.length + 2);
    expect(shown.map(({ message }) => message.parts)).toEqual([[{ kind: "text", text: "the truth" }]]);
    expect(bob.health().rejected).toEqual({ "wrong-route": 1 });
    expect(bob.state).toBe("live");
    expect(bob.rosterFreshness().kind).toBe("stale");
  });
});
