import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import {
  createLink,
  createResponder,
  type Link,
  noFaultPoints,
  type Operation,
  type Responder,
  silentLog,
  systemClock,
} from "@cotal/session";
import { type Minted, revoke } from "@cotal/trust";
import {
  connectAuthenticator,
  createSignatureVerifier,
  createSigner,
  freshnessWindowMs,
  type Policy,
  parseCredential,
} from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Cast, headersOf, listenTo, type Peer, space, startCast, unsigned } from "./cast.ts";

/** The service that a manager runs and everybody may ask. */
const service = "self";
let cast: Cast;
let manager: Minted;
const links: Link[] = [];

beforeAll(async () => {
  cast = await startCast();
  manager = cast.attacked.fixture.mint({ profile: "manager", name: "manager" });
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
});
afterAll(() => cast[Symbol.asyncDispose]());

const questionsOf = ({ id }: Peer): string => `cotal.acme.ctl.${service}.${id}`;
const laneOf = (peer: Peer): string => `${questionsOf(peer)}.reply.n1`;

interface Served {
  readonly responder: Responder;
  carriedOut(): number;
}

/** The service as it is: with the rights of a manager, and every check. */
async function serve(policy: Policy = unsigned): Promise<Served> {
  let count = 0;
  const pay: Operation = async () => ++count;
  const surroundings = { clock: systemClock, log: silentLog };
  const options = { space, service: service as never, policy, operations: { pay } };
  const responder = createResponder({ ...surroundings, ...options });
  const { creds, id } = manager;
  const authenticator = connectAuthenticator(parseCredential(creds.reveal()));
  const link = createLink({
    ...surroundings,
    faults: noFaultPoints,
    credentials: () => ({ mark: id, options: { authenticator } }),
    capabilities: [responder],
    dial: { servers: [cast.attacked.fixture.broker.url], name: "manager", inboxPrefix: `_INBOX_${id}` },
  });
  links.push(link);
  await link.start();
  return { responder, carriedOut: () => count };
}

interface Naive extends AsyncDisposable {
  readonly did: readonly string[];
}

/** The same rights with no checks: it does what arrives and answers where it is told to. */
async function serveNaively(): Promise<Naive> {
  const connection = await cast.attacked.fixture.connect(manager);
  const did: string[] = [];
  connection.subscribe(`cotal.acme.ctl.${service}.*`, {
    callback: (_, message) => {
      did.push(message.subject);
      message.respond("done");
    },
  });
  await connection.flush();
  return { did, [Symbol.asyncDispose]: () => connection.close() };
}

function question(from: Peer, id: string): string {
  return JSON.stringify({ v: 1, id, op: "pay", from: { id: from.id, name: "ada" } });
}

function ask(from: Peer, body: string, fields: Readonly<Record<string, string>> = {}): Promise<Msg> {
  return from.connection.request(questionsOf(from), body, {
    noMux: true,
    reply: laneOf(from),
    timeout: 20_000,
    headers: headersOf(fields),
  });
}

describe("a question whose answer is aimed at a peer's lane", () => {
  const aim = ({ mallory, bob }: Cast): void =>
    mallory.connection.publish(questionsOf(mallory), question(mallory, "q1"), { reply: laneOf(bob) });

  test("is neither carried out nor answered", async () => {
    verifies("TRUST-36", "TRUST-43");
    const { responder, carriedOut } = await serve();
    const ear = await listenTo(cast.bob, `${questionsOf(cast.bob)}.reply.*`);
    aim(cast);
    await eventually(() => expect(responder.dropped["foreign-reply"]).toBe(1));
    // An honest question takes the same way; when it is answered, anything before it has been.
    expect((await ask(cast.mallory, question(cast.mallory, "q2"))).json()).toMatchObject({ ok: true });
    await cast.bob.connection.flush();
    expect(carriedOut()).toBe(1);
    expect(ear.heard).toEqual([]);
    ear.stop();
  });

  test("control: reaches that lane, under the rights of a service that answers wherever it is told", async () => {
    verifies("TRUST-37");
    await using naive = await serveNaively();
    const ear = await listenTo(cast.bob, `${questionsOf(cast.bob)}.reply.*`);
    aim(cast);
    expect((await ear.nth(1)).string()).toBe("done");
    ear.stop();
    expect(naive.did).toEqual([questionsOf(cast.mallory)]);
  });
});

describe("an entry of the own queue thrown at a service", () => {
  /** Under the subject at which Bob asks. The body is a question of his. */
  const throwAt = async ({ mallory, bob }: Cast): Promise<void> => {
    await mallory.ask(`cotal.acme.inst.${mallory.id}.${mallory.id}`, question(bob, "thrown"));
    mallory.throwNext("DM_acme", `dm_${mallory.id}`, questionsOf(bob));
  };

  test("is not carried out", async () => {
    verifies("TRUST-36");
    const { responder, carriedOut } = await serve();
    await throwAt(cast);
    await eventually(() => expect(responder.dropped["wrong-route"]).toBe(1));
    expect(carriedOut()).toBe(0);
  });

  test("control: is carried out by a service that believes what its subscription brings", async () => {
    verifies("TRUST-37");
    await using naive = await serveNaively();
    await throwAt(cast);
    await eventually(() => expect(naive.did).toHaveLength(1));
    // It came to where Bob asks, although neither he nor anybody else published there.
    expect(naive.did).toEqual([`cotal.acme.inst.${cast.mallory.id}.${cast.mallory.id}`]);
  });
});

describe("a question that is played twice", () => {
  test("is carried out once and answered twice alike", async () => {
    verifies("TRUST-43");
    const { carriedOut } = await serve();
    const body = question(cast.bob, "order-1");
    const answers = [await ask(cast.bob, body), await ask(cast.bob, body)].map((answer) => answer.string());
    expect(new Set(answers)).toEqual(new Set(['{"v":1,"ok":true,"data":1}']));
    expect(carriedOut()).toBe(1);
  });

  test("is refused by its age once it may be forgotten, also by a service that was started anew", async () => {
    verifies("TRUST-43");
    const { bob } = cast;
    const { keys } = parseCredential(bob.minted.creds.reveal());
    const body = question(bob, "order-2");
    const signer = createSigner(keys, { now: Date.now });
    const fields = await signer.sign({ subject: questionsOf(bob), bytes: Buffer.from(body) });
    const first = await serve({ ...unsigned, signatures: createSignatureVerifier({ now: Date.now }) });
    expect((await ask(bob, body, fields)).json()).toMatchObject({ ok: true });
    expect(first.carriedOut()).toBe(1);
    for (const link of links.splice(0)) await link.stop();

    const later = (): number => Date.now() + freshnessWindowMs;
    const second = await serve({ ...unsigned, signatures: createSignatureVerifier({ now: later }) });
    expect((await ask(bob, body, fields)).json()).toMatchObject({
      ok: false,
      error: { code: "bad-request", message: "the question is refused: replayed" },
    });
    expect(second.carriedOut()).toBe(0);
    for (const link of links.splice(0)) await link.stop();

    // Control: where signatures are not asked for, nothing tells its age.
    const third = await serve();
    expect((await ask(bob, body, fields)).json()).toMatchObject({ ok: true });
    expect(third.carriedOut()).toBe(1);
  });

  test("control: is carried out twice by a service that remembers nothing", async () => {
    verifies("TRUST-37");
    await using naive = await serveNaively();
    const body = question(cast.bob, "order-3");
    await ask(cast.bob, body);
    await ask(cast.bob, body);
    expect(naive.did).toHaveLength(2);
  });
});

test("a peer that is retired while it is connected sends, reads and asks nothing any more", async () => {
  verifies("TRUST-43");
  const { attacked, alice, bob, messagesIn } = cast;
  const { carriedOut } = await serve();
  const ear = await listenTo(alice);
  // Control: as long as it is not retired it does all of that.
  expect((await ask(alice, question(alice, "q1"))).json()).toMatchObject({ ok: true });
  expect((await alice.ask(`cotal.acme.inst.${bob.id}.${alice.id}`)).error).toBeUndefined();
  const stored = await messagesIn("DM_acme");

  const { fixture } = attacked;
  await revoke(fixture.system, { ...fixture, id: alice.id, at: Date.now() });
  await alice.connection.closed();
  await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
  await expect(fixture.connect(alice.minted)).rejects.toThrow(/Authorization Violation/);
  expect(() => alice.connection.publish(questionsOf(alice))).toThrow();
  expect(ear.heard).toEqual([]);
  expect(carriedOut()).toBe(1);
  expect(await messagesIn("DM_acme")).toBe(stored);
  expect((await bob.ask(`cotal.acme.inst.${alice.id}.${bob.id}`)).error).toBeUndefined();
});
