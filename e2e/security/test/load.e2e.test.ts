import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { brokerError } from "@cotal/session";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cast, listenTo, startCast } from "./cast.ts";
import { connectRaw, published, type RawUser } from "./raw-user.ts";

let cast: Cast;

beforeAll(async () => {
  cast = await startCast();
});
afterAll(() => cast[Symbol.asyncDispose]());

const MiB = 1024 ** 2;
const perUserSubscriptions = 1_000;
const waitingPulls = 512;

/** Alice posts while something is going on; Bob hears all of it in order, and the broker stores it. */
async function expectPeersServed(count = 20): Promise<void> {
  const { alice, bob } = cast;
  const subject = `cotal.acme.chat.${alice.id}.lab`;
  const ear = await listenTo(bob, subject);
  for (let n = 0; n < count; n++) expect((await alice.ask(subject, `${n}`)).error).toBeUndefined();
  await ear.nth(count);
  ear.stop();
  expect(ear.heard.map((message) => message.string())).toEqual(
    Array.from({ length: count }, (_, n) => `${n}`),
  );
}

function attack(): Promise<RawUser> {
  return connectRaw(cast.attacked.fixture, cast.mallory.minted);
}

/** How many subscriptions the connections of the broker have, the most first. */
async function subscriptions(): Promise<number[]> {
  const { connections } = await cast.attacked.fixture.broker.connz();
  return connections.map((one) => one.subscriptions).sort((a, b) => b - a);
}

test("ten thousand subscriptions of one agent end at its limit, with a code, and harm nobody", async () => {
  verifies("TRUST-45");
  const { fixture } = cast.attacked;
  const raw = await attack();
  const lines = Array.from({ length: 10_000 }, (_, n) => `SUB cotal.acme.chat.*.lab ${n}\r\n`);
  expect(await raw.say(lines.join(""))).toContain("-ERR 'maximum subscriptions exceeded'");
  expect((await subscriptions())[0]).toBe(perUserSubscriptions);
  await expectPeersServed();
  await raw.close();

  const greedy = await fixture.connect(cast.mallory.minted);
  const refusals = greedy.status()[Symbol.asyncIterator]();
  for (let n = 0; n <= perUserSubscriptions; n++) {
    greedy.subscribe("cotal.acme.chat.*.lab", { callback: () => undefined });
  }
  const { value: refusal } = await refusals.next();
  expect(refusal).toMatchObject({ type: "error" });
  expect(brokerError(refusal.error).code).toBe("limit-reached");
  await greedy.close();
});

test("a flood of one agent leaves the messages of others in order and whole", async () => {
  verifies("TRUST-45");
  const raw = await attack();
  const { mallory, bob } = cast;
  const flood = published({ subject: `cotal.acme.inst.${bob.id}.${mallory.id}`, body: "x".repeat(64) });
  const flooding = raw.say(flood.repeat(50_000));
  await expectPeersServed(100);
  await flooding;
  await expectPeersServed();
  await raw.close();
});

test("a subscriber that does not read is cut off, and the others hear everything", async () => {
  verifies("TRUST-45");
  const raw = await attack();
  const { bob, alice } = cast;
  await raw.say("SUB cotal.acme.chat.*.lab 1\r\n");
  raw.pause();
  const before = (await subscriptions()).length;
  const ear = await listenTo(bob);
  const body = new Uint8Array(MiB / 4);
  let posts = 0;
  await eventually(
    async () => {
      for (let n = 0; n < 40; n++, posts++) {
        alice.connection.publish(`cotal.acme.chat.${alice.id}.lab`, body);
      }
      await alice.connection.flush();
      return (await subscriptions()).length < before;
    },
    { what: "the end of the connection that does not read", timeoutMs: 120_000 },
  );
  await ear.nth(posts);
  ear.stop();
  await expectPeersServed();
  await raw.close();
});

test("a storm of pulls ends at the limit of the consumer, and other queues are read", async () => {
  verifies("TRUST-45");
  const raw = await attack();
  const { mallory, bob, alice, attacked } = cast;
  const queue = `DM_acme.dm_${mallory.id}`;
  await attacked.api(`CONSUMER.DELETE.${queue}`);
  await attacked.api(`STREAM.PURGE.DM_acme`);
  const filter = `cotal.acme.inst.${mallory.id}.*`;
  const config = { durable_name: `dm_${mallory.id}`, filter_subject: filter, ack_policy: "explicit" };
  await attacked.api(`CONSUMER.CREATE.${queue}.${filter}`, { stream_name: "DM_acme", config });
  const pull = published({
    subject: `$JS.API.CONSUMER.MSG.NEXT.${queue}`,
    reply: `_INBOX_${mallory.id}.p`,
    body: '{"batch":1,"expires":60000000000}',
  });
  let heard = await raw.say(`SUB _INBOX_${mallory.id}.> 1\r\n${pull.repeat(5_000)}`);
  await eventually(async () => {
    heard += await raw.say("");
    expect(heard).toContain("409 Exceeded MaxWaiting");
    const info = (await attacked.api(`CONSUMER.INFO.${queue}`)) as { num_waiting?: number };
    expect(info.num_waiting).toBeGreaterThan(0);
    expect(info.num_waiting).toBeLessThanOrEqual(waitingPulls);
  });
  await alice.ask(`cotal.acme.inst.${bob.id}.${alice.id}`, "for bob");
  const entry = await bob.connection.request(
    `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${bob.id}`,
    '{"batch":1,"expires":19000000000}',
    { timeout: 20_000, noMux: true, reply: `_INBOX_${bob.id}.p` },
  );
  expect(entry.string()).toBe("for bob");
  await expectPeersServed();
  await raw.close();
});

test("a message above the limit is not taken, not even announced", async () => {
  verifies("TRUST-45");
  const raw = await attack();
  const { mallory, bob, messagesIn } = cast;
  const before = await messagesIn("DM_acme");
  const subject = `cotal.acme.inst.${bob.id}.${mallory.id}`;
  await raw.say(`PUB ${subject} ${MiB + 1}\r\n`);
  expect(await raw.ended()).toContain("Maximum Payload Violation");
  expect(await messagesIn("DM_acme")).toBe(before);
  expect((await mallory.ask(subject, new Uint8Array(MiB - 4096))).error).toBeUndefined();
  await expectPeersServed();
});
