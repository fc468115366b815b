import type { Endpoint } from "@cotal/endpoint";
import { eventually, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Log, requestApi } from "@cotal/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf, messagesIn } from "./facts.ts";
import { startSentTwice } from "./sent-twice.ts";
import { type ClosedSpace, startClosedSpace, startOpenSpace } from "./space.ts";

const queue = "DM_acme";

/** The texts that arrive at a peer. */
function textsAt(peer: Endpoint): string[] {
  const texts: string[] = [];
  peer.onMessage(async ({ message: { parts } }) => {
    for (const part of parts) if (part.kind === "text") texts.push(String(part.text));
  });
  return texts;
}

describe("what a send answers", () => {
  let space: ClosedSpace;
  let alice: Endpoint;
  let bob: Endpoint;
  let heard: string[];
  beforeAll(async () => {
    space = await startClosedSpace();
    alice = await space.peer("alice");
    bob = await space.peer("bob");
    heard = textsAt(bob);
  });
  afterAll(() => space[Symbol.asyncDispose]());

  test("where it is stored, and under an id of the caller's again that it had been", async () => {
    verifies("ENDP-13", "ENDP-14", "ENDP-15");
    const first = await alice.send({ to: bob.ref.id, text: "order", id: "order-1" });
    expect(first).toEqual({ id: "order-1", seq: expect.any(Number), duplicate: false });
    const again = await alice.send({ to: bob.ref.id, text: "order", id: "order-1" });
    expect(again).toEqual({ ...first, duplicate: true });
    await alice.send({ to: bob.ref.id, text: "the next" });
    await eventually(() => expect(heard).toEqual(["order", "the next"]));
  });

  test("that a random id of its own was met before, because then the message is not stored", async () => {
    verifies("ENDP-15");
    await using twice = await startSentTwice(space.broker.port, ".inst.");
    const carol = await space.peer("carol", { servers: twice.url });
    const before = await messagesIn(space, queue);
    expect(await failureOf(carol.send({ to: bob.ref.id, text: "hello" }))).toMatchObject({
      code: "id-collision",
      data: { id: expect.any(String) },
    });
    expect(await messagesIn(space, queue)).toBe(before + 1);
    const mine = await carol.send({ to: bob.ref.id, text: "hello", id: "mine" });
    expect(mine).toMatchObject({ duplicate: true });
    await carol.stop();
  });

  test("whom its mentions mean, by the directory, whether they are there or not", async () => {
    verifies("ENDP-14", "ENDP-17");
    const { card } = await space.provision("dora");
    await eventually(() => expect(alice.resolve(card.name).kind).toBe("found"));
    const { mentions } = await alice.send({
      channel: "general",
      text: "look",
      mentions: ["Bob", "dora", "nobody"],
    });
    expect(mentions).toEqual({
      resolved: [
        { name: "bob", id: bob.ref.id },
        { name: "dora", id: expect.any(String) },
      ],
      unknown: ["nobody"],
      ambiguous: [],
    });
  });

  test("a code for what cannot be sent, and stores none of it", async () => {
    verifies("ENDP-16");
    const before = [await messagesIn(space, queue), await messagesIn(space, "CHAT_acme")];
    const refusals = {
      "not-concrete": { channel: "general.*", text: "x" },
      "bad-message": { to: bob.ref.id },
      "not-allowed": { channel: "secrets", text: "x" },
      "unknown-peer": { to: "nobody", text: "x" },
      "bad-token": { role: "a role", text: "x" },
      "invalid-id": { to: bob.ref.id, text: "x", id: "no id" },
      "too-large": { to: bob.ref.id, text: "x".repeat(2 * 1024 ** 2) },
    } as const;
    for (const [code, options] of Object.entries(refusals)) {
      expect([code, await failureOf(alice.send(options))]).toMatchObject([code, { code }]);
    }
    for (const options of [
      { to: bob.ref.id, parts: [] },
      { to: bob.ref.id, text: "x", parts: [{ kind: "text", text: "x" } as const] },
      { to: bob.ref.id, channel: "general", text: "x" },
      { text: "x" },
    ]) {
      expect(await failureOf(alice.send(options))).toMatchObject({ code: "bad-message" });
    }
    expect([await messagesIn(space, queue), await messagesIn(space, "CHAT_acme")]).toEqual(before);
  });

  test("how large the message is and how large it may be, and takes one that just fits", async () => {
    verifies("ENDP-16");
    const { data } = await failureOf(alice.send({ to: bob.ref.id, text: "x".repeat(2 * 1024 ** 2) }));
    const { bytes, maxBytes } = data as { bytes: number; maxBytes: number };
    expect(bytes).toBeGreaterThan(2 * 1024 ** 2);
    const overhead = bytes - 2 * 1024 ** 2;
    const fits = "y".repeat(maxBytes - overhead);
    await alice.send({ to: bob.ref.id, text: fits });
    await eventually(() => expect(heard.includes(fits)).toBe(true));
    expect(await failureOf(alice.send({ to: bob.ref.id, text: `${fits}y` }))).toMatchObject({
      data: { bytes: maxBytes + 1, maxBytes },
    });
  });
});

test("a name that several peers of an open space have is ambiguous, as target and as mention", async () => {
  verifies("ENDP-14", "ENDP-12");
  await using space = await startOpenSpace();
  const alice = await space.peer("alice");
  const twins = [await space.peer("twin"), await space.peer("twin")];
  await eventually(() => expect(alice.resolve("twin").kind).toBe("ambiguous"));
  const { mentions } = await alice.send({ channel: "general", text: "x", mentions: ["twin", "alice"] });
  expect(mentions).toMatchObject({ resolved: [{ name: "alice" }], ambiguous: ["twin"] });
  const { code, data } = await failureOf(alice.send({ to: "twin", text: "x" }));
  expect(code).toBe("ambiguous-peer");
  const candidates = (data as { candidates: { id: string }[] }).candidates.map(({ id }) => id);
  expect(candidates.sort()).toEqual(twins.map(({ ref }) => ref.id).sort());
});

describe("sending without a connection", () => {
  test("fails at once, and waits for one when it is told to, storing the message once", async () => {
    verifies("ENDP-16", "ENDP-18");
    await using space = await startClosedSpace();
    const alice = await space.peer("alice");
    const bob = await space.peer("bob");
    const heard = textsAt(bob);
    await space.broker.kill();
    await eventually(() => expect(alice.state).toBe("reconnecting"));
    const to = bob.ref.id;
    expect(await failureOf(alice.send({ to, text: "now" }))).toMatchObject({ code: "reconnecting" });
    const short = alice.send({ to, text: "soon", waitForLinkMs: 50 });
    expect(await failureOf(short)).toMatchObject({ code: "reconnecting" });
    const given = new AbortController();
    const givenUp = alice.send({ to, text: "given up", waitForLinkMs: 60_000, signal: given.signal });
    given.abort(new Error("enough"));
    await expect(givenUp).rejects.toThrow("enough");
    const waiting = alice.send({ to, text: "later", waitForLinkMs: 60_000 });
    await space.broker.restart();
    expect(await waiting).toMatchObject({ duplicate: false });
    await eventually(() => expect(heard).toEqual(["later"]), { timeoutMs: 60_000 });
    expect(await messagesIn(space, queue)).toBe(1);
  });

  test("repeats under its id what had no answer, so that it is stored once", async () => {
    verifies("ENDP-18", "ENDP-15");
    await using space = await startClosedSpace();
    await using proxy = await startFaultProxy({ targetPort: space.broker.port });
    const alice = await space.peer("alice", { servers: proxy.url });
    const bob = await space.peer("bob");
    const heard = textsAt(bob);
    const to = bob.ref.id;
    // Each answer comes later than the sender waits for it, until the message has long been stored.
    proxy.setLatency(400);
    const sent = alice.send({ to, text: "once", timeoutMs: 300, waitForLinkMs: 60_000 });
    await eventually(() => expect(heard).toEqual(["once"]));
    await eventually(async () => expect(await messagesIn(space, queue)).toBe(1));
    await proxy.heal();
    expect(await sent).toMatchObject({ seq: 1, duplicate: true });
    const unknown = await failureOf(
      (async () => {
        proxy.setLatency(400);
        return await alice.send({ to, text: "perhaps", timeoutMs: 300 });
      })(),
    );
    expect(unknown).toMatchObject({ code: "outcome-unknown", data: { id: expect.any(String) } });
    await proxy.heal();
    const { id } = unknown.data as { id: string };
    expect(await alice.send({ to, text: "perhaps", id })).toMatchObject({ seq: 2, duplicate: true });
    await eventually(() => expect(heard).toEqual(["once", "perhaps"]));
  });
});

test("a queue that is full refuses the next message and loses none that it has taken", async () => {
  verifies("ENDP-14", "ENDP-29");
  await using space = await startClosedSpace({ storageBytes: 64 * 1024 ** 2 });
  const alice = await space.peer("alice");
  const bob = await space.peer("bob");
  const large = "x".repeat(900 * 1024);
  const taken: string[] = [];
  const fill = async (): Promise<never> => {
    for (;;) taken.push((await alice.send({ to: bob.ref.id, text: large })).id);
  };
  expect(await failureOf(fill())).toMatchObject({ code: "stream-full", hint: expect.any(String) });
  expect(await messagesIn(space, queue)).toBe(taken.length);
  const handled: string[] = [];
  bob.onMessage(async ({ message }) => {
    handled.push(message.id);
  });
  await eventually(() => expect(handled).toEqual(taken));
  await space.as("purger", (session) => requestApi(session, `STREAM.PURGE.${queue}`));
  await alice.send({ to: bob.ref.id, text: large, id: "again" });
  await eventually(() => expect(handled).toEqual([...taken, "again"]));
});

test("a space that was never set up is unknown, which no further attempt would change", async () => {
  verifies("ENDP-33", "ENDP-4");
  await using space = await startClosedSpace({ bare: true });
  for (const retryFirst of [false, true]) {
    const refused = space.peer("alice", { retryFirst, signal: AbortSignal.timeout(20_000) });
    expect(await failureOf(refused)).toMatchObject({ code: "unknown-space", hint: expect.any(String) });
  }
});

test("of an unknown space nothing else is told, though all parts have asked along", async () => {
  verifies("ENDP-33", "ENDP-5", "ENDP-8");
  await using space = await startClosedSpace({ bare: true });
  const told: unknown[] = [];
  const log: Log = ({ event, fields }) => {
    if (event === "endpoint.fault") told.push(fields?.code);
  };
  const refused = space.peer("alice", { channels: ["general"], log });
  expect(await failureOf(refused)).toMatchObject({ code: "unknown-space" });
  // Whether this program may be this peer is asked before anything else, and cannot be settled there.
  expect(new Set(told)).toEqual(new Set(["presence-degraded", "unknown-space"]));
});
