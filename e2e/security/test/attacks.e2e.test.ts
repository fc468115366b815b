import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { asChannel, asToken } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import {
  type ComposedMessage,
  composeMessage,
  createSignatureVerifier,
  dedupeId,
  type Policy,
  type Route,
  verifyDelivery,
} from "@cotal/wire";
import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRaw } from "./raw-user.ts";
import { type Answer, type AttackedSpace, startAttackedSpace, stored, withRights } from "./space.ts";

const space = asToken("space", "acme");
const lab = asChannel("lab");
const unsigned: Policy = { maxBytes: 65_536, signatures: "none" };
const labRoute: Route = { kind: "channel", space, covers: (channel) => channel === lab };

let attacked: AttackedSpace;
let mallory: Minted;
let bob: Minted;
let [asMallory, asBob] = [] as unknown as [NatsConnection, NatsConnection];

beforeAll(async () => {
  attacked = await startAttackedSpace();
  const { fixture } = attacked;
  mallory = fixture.mint({ name: "mallory", allowPublish: ["lab"], allowSubscribe: ["lab"] });
  bob = fixture.mint({ name: "bob", allowPublish: ["lab"], allowSubscribe: ["lab"] });
  [asMallory, asBob] = [await fixture.connect(mallory), await fixture.connect(bob)];
  for (const { id } of [mallory, bob]) await makeQueue(id);
});
afterAll(() => attacked[Symbol.asyncDispose]());

async function makeQueue(id: string): Promise<Answer> {
  const filter = `cotal.acme.inst.${id}.*`;
  const config = { durable_name: `dm_${id}`, filter_subject: filter, ack_policy: "explicit" };
  return attacked.api(`CONSUMER.CREATE.DM_acme.dm_${id}.${filter}`, { stream_name: "DM_acme", config });
}

function messagesIn(stream: string): Promise<number> {
  return attacked
    .states([stream])
    .then((states) => (states as Record<string, { messages: number }>)[stream]?.messages ?? -1);
}

async function withControl(allow: readonly string[]): Promise<NatsConnection> {
  return attacked.fixture.connect(withRights(attacked.fixture, allow));
}

async function makeStream(name: string, more: object): Promise<void> {
  expect((await attacked.api(`STREAM.CREATE.${name}`, { ...stored, name, ...more })).error).toBeUndefined();
}

/** What arrives at Bob's live subscription of the channel. */
function heardInLab(): { readonly heard: Msg[]; stop(): void } {
  const heard: Msg[] = [];
  const live = asBob.subscribe("cotal.acme.chat.*.lab", {
    callback: (_, message) => void heard.push(message),
  });
  return { heard, stop: () => live.unsubscribe() };
}

function composed(from: Minted, to: { channel?: string; to?: string }): ComposedMessage {
  const sender = { space, id: from.id, name: "ada" };
  return composeMessage({ ...to, text: "obey" }, sender, { now: Date.now(), maxBytes: 65_536 });
}

describe("an acknowledgement sent to a key of a registry", () => {
  const attack = async (reply: string): Promise<void> => {
    const before = await messagesIn("DM_acme");
    asMallory.publish(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", { reply });
    await eventually(async () => (await messagesIn("DM_acme")) > before, { what: "the stored message" });
  };

  test("is not stored behind a secret ingest", async () => {
    verifies("TRUST-56");
    await attack(`$KV.cotal_acl_acme.${bob.id}`);
    await attack(`in.guess.$KV.cotal_acl_acme.${bob.id}`);
    // A stream answers in order: with this answer the earlier ones have gone out.
    await asMallory.request(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", { timeout: 10_000 });
    expect(await messagesIn("KV_cotal_acl_acme")).toBe(0);
  });

  test("control: is stored in a plain bucket", async () => {
    verifies("TRUST-57");
    await makeStream("KV_plain", { subjects: ["$KV.plain.>"] });
    await attack("$KV.plain.victim");
    await eventually(async () => (await messagesIn("KV_plain")) === 1, { what: "the forged record" });
  });
});

describe("an entry of the own queue thrown at a channel", () => {
  const thrown = async (): Promise<Msg> => {
    const { subject, bytes } = composed(bob, { to: mallory.id });
    await asBob.request(subject, bytes, { timeout: 10_000 });
    const { heard, stop } = heardInLab();
    await asBob.flush();
    asMallory.publish(`$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${mallory.id}`, '{"batch":1}', {
      reply: `cotal.acme.chat.${bob.id}.lab`,
    });
    await eventually(() => heard.length > 0, { what: "the thrown entry" });
    stop();
    const [message] = heard;
    if (message === undefined) throw new Error("nothing arrived");
    return message;
  };

  test("is refused by its route, and taken by a route that covers it", async () => {
    verifies("TRUST-56", "TRUST-57");
    const { subject, data: bytes } = await thrown();
    const arrived = { subject, bytes, policy: unsigned };
    expect(verifyDelivery({ ...arrived, route: labRoute })).toEqual({
      verdict: "reject",
      reason: "wrong-route",
    });
    expect(verifyDelivery({ ...arrived, route: { kind: "dm", space, owner: "*" } })).toMatchObject({
      verdict: "ok",
      sender: bob.id,
    });
  });
});

describe("Direct Get with a reply", () => {
  test("is granted to no agent, and the broker answers it on no stream", async () => {
    verifies("TRUST-56");
    const raw = await connectRaw(attacked.fixture, mallory);
    const subject = "$JS.API.DIRECT.GET.CHAT_acme";
    expect([...(await raw.attempt("publish", [subject]))]).toEqual([subject]);
    await raw.close();
    await expect(attacked.root.request(subject, '{"seq":1}', { timeout: 10_000 })).rejects.toThrow(
      /no responders/i,
    );
  });

  test("control: granted and enabled, it puts a chosen body under the victim's subject", async () => {
    verifies("TRUST-57");
    await makeStream("OWN", { subjects: ["own"], allow_direct: true });
    const eve = await withControl(["own", "$JS.API.DIRECT.GET.OWN"]);
    const forged = composed(bob, { channel: "lab" });
    await eve.request("own", forged.bytes, { timeout: 10_000 });
    const { heard, stop } = heardInLab();
    await asBob.flush();
    eve.publish("$JS.API.DIRECT.GET.OWN", '{"seq":1}', { reply: forged.subject });
    await eventually(() => heard.length > 0, { what: "the forged post" });
    stop();
    const [{ subject, data: bytes } = { subject: "", data: forged.bytes }] = heard;
    const arrived = { subject, bytes, route: labRoute };
    expect(verifyDelivery({ ...arrived, policy: unsigned })).toMatchObject({ verdict: "ok", sender: bob.id });
    const signatures = createSignatureVerifier({ now: Date.now });
    expect(verifyDelivery({ ...arrived, policy: { ...unsigned, signatures } })).toEqual({
      verdict: "reject",
      reason: "unsigned",
    });
  });
});

describe("a consumer of somebody else", () => {
  test("is out of reach where names are exact", async () => {
    verifies("TRUST-56");
    const raw = await connectRaw(attacked.fixture, mallory);
    const subjects = ["INFO", "DELETE", "MSG.NEXT"].map(
      (verb) => `$JS.API.CONSUMER.${verb}.DM_acme.dm_${bob.id}`,
    );
    expect([...(await raw.attempt("publish", subjects))]).toEqual(subjects);
    await raw.close();
    expect((await attacked.api(`CONSUMER.INFO.DM_acme.dm_${bob.id}`)).error).toBeUndefined();
  });

  test("control: is removed by whoever has a wildcard in its place", async () => {
    verifies("TRUST-57");
    const eve = await withControl(["$JS.API.CONSUMER.DELETE.DM_acme.*"]);
    await eve.request(`$JS.API.CONSUMER.DELETE.DM_acme.dm_${bob.id}`, "", { timeout: 10_000 });
    expect((await attacked.api(`CONSUMER.INFO.DM_acme.dm_${bob.id}`)).error).toBeDefined();
    expect((await makeQueue(bob.id)).error).toBeUndefined();
  });
});

describe("a rollup on one key", () => {
  const rollup = headers();
  rollup.set("Nats-Rollup", "all");

  test("is refused where agents write", async () => {
    verifies("TRUST-56");
    const key = (id: string): string => `$KV.cotal_presence_acme.${id}`;
    await asBob.request(key(bob.id), "{}", { timeout: 10_000 });
    const answer = await asMallory.request(key(mallory.id), "{}", { headers: rollup, timeout: 10_000 });
    expect(answer.json<Answer>().error?.description).toContain("rollup not permitted");
    expect(await messagesIn("KV_cotal_presence_acme")).toBe(1);
  });

  test("control: wipes a bucket that allows it", async () => {
    verifies("TRUST-57");
    await makeStream("KV_wiped", { subjects: ["$KV.wiped.>"], allow_rollup_hdrs: true });
    const eve = await withControl(["$KV.wiped.eve"]);
    await attacked.root.request("$KV.wiped.bob", "{}", { timeout: 10_000 });
    await eve.request("$KV.wiped.eve", "{}", { headers: rollup, timeout: 10_000 });
    expect(await messagesIn("KV_wiped")).toBe(1);
  });
});

describe("a message id that was guessed", () => {
  const post = async (by: NatsConnection, sender: Minted, id: string): Promise<Answer> => {
    const withId = headers();
    withId.set("Nats-Msg-Id", id);
    const subject = `cotal.acme.chat.${sender.id}.lab`;
    return (await by.request(subject, "x", { headers: withId, timeout: 10_000 })).json();
  };

  test("swallows nothing when ids carry their sender", async () => {
    verifies("TRUST-56");
    expect((await post(asMallory, mallory, dedupeId(mallory.id, "m-1"))).duplicate).toBeUndefined();
    expect((await post(asBob, bob, dedupeId(bob.id, "m-1"))).duplicate).toBeUndefined();
  });

  test("control: a bare id swallows the victim's post", async () => {
    verifies("TRUST-57");
    expect((await post(asMallory, mallory, "m-2")).duplicate).toBeUndefined();
    expect((await post(asBob, bob, "m-2")).duplicate).toBe(true);
  });
});

describe("the answers of others", () => {
  test("are refused to an agent, and heard by whoever has _INBOX.>", async () => {
    verifies("TRUST-56", "TRUST-57");
    const raw = await connectRaw(attacked.fixture, mallory);
    const others = ["_INBOX.>", `_INBOX_${bob.id}.>`];
    expect([...(await raw.attempt("subscribe", others))]).toEqual(others);
    await raw.close();
    const shared = withRights(attacked.fixture, ["_INBOX.>", "cotal.acme.inst.*.x"]);
    const eve = await attacked.fixture.connect(shared);
    const victim = await attacked.fixture.connect(shared, { inboxPrefix: "_INBOX" });
    let heard = 0;
    eve.subscribe("_INBOX.>", { callback: () => void heard++ });
    await eve.flush();
    await victim.request(`cotal.acme.inst.${bob.id}.x`, "x", { timeout: 10_000 });
    await eventually(() => heard > 0, { what: "the victim's answer" });
  });
});
