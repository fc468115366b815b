import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { adminApi } from "@cotal/trust";
import { createSignatureVerifier, dedupeId, readPresence, verifyDelivery } from "@cotal/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cast, composed, labRoute, listenTo, makeQueue, space, startCast, unsigned } from "./cast.ts";
import { connectRaw, type Verb } from "./raw-user.ts";
import { type Answer, withRights } from "./space.ts";

let cast: Cast;

beforeAll(async () => {
  cast = await startCast();
});
afterAll(() => cast[Symbol.asyncDispose]());

/** Those of the subjects that the broker refuses to Mallory. */
async function refusedToMallory(verb: Verb, subjects: readonly string[]): Promise<readonly string[]> {
  const raw = await connectRaw(cast.attacked.fixture, cast.mallory.minted);
  const refused = await raw.attempt(verb, subjects);
  await raw.close();
  return [...refused];
}

describe("an acknowledgement sent to a key of a registry", () => {
  const attack = async (reply: string): Promise<void> => {
    const { mallory, bob, messagesIn } = cast;
    const before = await messagesIn("DM_acme");
    mallory.connection.publish(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", { reply });
    await eventually(async () => (await messagesIn("DM_acme")) > before, { what: "the stored message" });
  };

  test("is not stored behind a secret ingest", async () => {
    verifies("TRUST-36", "TRUST-56");
    const { mallory, bob, messagesIn } = cast;
    await attack(`$KV.cotal_acl_acme.${bob.id}`);
    await attack(`in.guess.$KV.cotal_acl_acme.${bob.id}`);
    // A stream answers in order: with this answer the earlier ones have gone out.
    await mallory.ask(`cotal.acme.inst.${bob.id}.${mallory.id}`);
    expect(await messagesIn("KV_cotal_acl_acme")).toBe(0);
  });

  test("control: is stored in a plain bucket", async () => {
    verifies("TRUST-37", "TRUST-57");
    await cast.attacked.makeStream("KV_plain", { subjects: ["$KV.plain.>"] });
    await attack("$KV.plain.victim");
    await eventually(async () => (await cast.messagesIn("KV_plain")) === 1, { what: "the forged record" });
  });

  test("takes the place of a presence record, which has no ingest, and can be read by nobody", async () => {
    verifies("TRUST-71");
    const { bob, attacked } = cast;
    const key = `$KV.cotal_presence_acme.${bob.id}`;
    const standing = async (): Promise<Uint8Array> => {
      const { message } = (await attacked.api("STREAM.MSG.GET.KV_cotal_presence_acme", {
        last_by_subj: key,
      })) as { message?: { data?: string } };
      return Buffer.from(message?.data ?? "", "base64");
    };
    const card = { id: bob.id, name: "bob", kind: "agent", protocolVersion: "1" };
    const record = { card, status: "idle", ts: 1 };
    expect((await bob.ask(key, JSON.stringify(record))).error).toBeUndefined();
    expect(readPresence(await standing()).kind).toBe("read");
    await attack(key);
    await eventually(async () => expect(readPresence(await standing()).kind).not.toBe("read"));
    // Its owner puts it right.
    expect((await bob.ask(key, JSON.stringify(record))).error).toBeUndefined();
    expect(readPresence(await standing()).kind).toBe("read");
  });
});

describe("an entry of the own queue thrown at a channel", () => {
  test("is refused by its route, and taken by a route that covers it", async () => {
    verifies("TRUST-36", "TRUST-37", "TRUST-56", "TRUST-57");
    const { mallory, bob } = cast;
    const { subject: sent, bytes: body } = composed(bob.minted, { to: mallory.id });
    await bob.ask(sent, body);
    const ear = await listenTo(bob);
    // Whatever lies before it in the queue is thrown along.
    const isThrown = (): boolean => ear.heard.some(({ subject }) => subject === sent);
    await eventually(() => {
      mallory.throwNext("DM_acme", `dm_${mallory.id}`, `cotal.acme.chat.${bob.id}.lab`);
      return isThrown();
    });
    ear.stop();
    const { subject, data: bytes } = ear.heard.find((message) => message.subject === sent) ?? {
      subject: "",
      data: body,
    };
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
    verifies("TRUST-36", "TRUST-56");
    const { streams, root } = cast.attacked;
    const subjects = streams.map((stream) => `$JS.API.DIRECT.GET.${stream}`);
    expect(await refusedToMallory("publish", subjects)).toEqual(subjects);
    for (const subject of subjects) {
      const asked = root.request(subject, '{"seq":1}', { timeout: 500 });
      await expect(asked).rejects.toThrow(/no responders|timeout/i);
    }
  });

  test("control: granted and enabled, it puts a chosen body under the victim's subject", async () => {
    verifies("TRUST-37", "TRUST-57");
    const { bob, attacked, withControl } = cast;
    await attacked.makeStream("OWN", { subjects: ["own"], allow_direct: true });
    const eve = await withControl(["own", "$JS.API.DIRECT.GET.OWN"]);
    const forged = composed(bob.minted, { channel: "lab" });
    await eve.ask("own", forged.bytes);
    const ear = await listenTo(bob);
    eve.connection.publish("$JS.API.DIRECT.GET.OWN", '{"seq":1}', { reply: forged.subject });
    const { subject, data: bytes } = await ear.nth(1);
    ear.stop();
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
    verifies("TRUST-36", "TRUST-56");
    const { bob, attacked } = cast;
    const subjects = ["js", "$JS.API", "adm.guess"].flatMap((root) =>
      ["INFO", "DELETE", "MSG.NEXT"].map((verb) => `${root}.CONSUMER.${verb}.DM_acme.dm_${bob.id}`),
    );
    expect(await refusedToMallory("publish", subjects)).toEqual(subjects);
    expect((await attacked.api(`CONSUMER.INFO.DM_acme.dm_${bob.id}`)).error).toBeUndefined();
  });

  test("control: is removed by whoever has a wildcard in its place", async () => {
    verifies("TRUST-37", "TRUST-57");
    const { bob, attacked, withControl } = cast;
    const root = adminApi(attacked.fixture.space);
    const eve = await withControl([`${root}.CONSUMER.DELETE.DM_acme.*`]);
    await eve.ask(`${root}.CONSUMER.DELETE.DM_acme.dm_${bob.id}`, "");
    expect((await attacked.api(`CONSUMER.INFO.DM_acme.dm_${bob.id}`)).error).toBeDefined();
    await makeQueue(attacked, bob.id);
  });
});

describe("a rollup on one key", () => {
  const rollup = { "Nats-Rollup": "all" };

  test("is refused where agents write", async () => {
    verifies("TRUST-36", "TRUST-56");
    const { mallory, bob, messagesIn } = cast;
    const key = (id: string): string => `$KV.cotal_presence_acme.${id}`;
    await bob.ask(key(bob.id), "{}");
    const answer = await mallory.ask(key(mallory.id), "{}", rollup);
    expect(answer.error?.description).toContain("rollup not permitted");
    expect(await messagesIn("KV_cotal_presence_acme")).toBe(1);
  });

  test("control: wipes a bucket that allows it", async () => {
    verifies("TRUST-37", "TRUST-57");
    const { attacked, withControl, messagesIn } = cast;
    await attacked.makeStream("KV_wiped", { subjects: ["$KV.wiped.>"], allow_rollup_hdrs: true });
    const eve = await withControl(["$KV.wiped.eve"]);
    await attacked.root.request("$KV.wiped.bob", "{}", { timeout: 20_000 });
    await eve.ask("$KV.wiped.eve", "{}", rollup);
    expect(await messagesIn("KV_wiped")).toBe(1);
  });
});

describe("a message id that was guessed", () => {
  const post = (by: "mallory" | "bob", id: string): Promise<Answer> =>
    cast[by].ask(`cotal.acme.chat.${cast[by].id}.lab`, "x", { "Nats-Msg-Id": id });

  test("swallows nothing when ids carry their sender", async () => {
    verifies("TRUST-36", "TRUST-56");
    const { mallory, bob } = cast;
    expect((await post("mallory", dedupeId(mallory.minted.id, "m-1"))).duplicate).toBeUndefined();
    expect((await post("bob", dedupeId(bob.minted.id, "m-1"))).duplicate).toBeUndefined();
  });

  test("control: a bare id swallows the victim's post", async () => {
    verifies("TRUST-37", "TRUST-57");
    expect((await post("mallory", "m-2")).duplicate).toBeUndefined();
    expect((await post("bob", "m-2")).duplicate).toBe(true);
  });
});

describe("the answers of others", () => {
  test("are refused to an agent, and heard by whoever has _INBOX.>", async () => {
    verifies("TRUST-36", "TRUST-37", "TRUST-56", "TRUST-57");
    const { bob, attacked } = cast;
    const others = ["_INBOX.>", `_INBOX_${bob.id}.>`];
    expect(await refusedToMallory("subscribe", others)).toEqual(others);
    const { fixture } = attacked;
    const shared = withRights(fixture, ["_INBOX.>", "cotal.acme.inst.*.x"]);
    const eve = await fixture.connect(shared);
    const victim = await fixture.connect(shared, { inboxPrefix: "_INBOX" });
    let heard = 0;
    eve.subscribe("_INBOX.>", { callback: () => void heard++ });
    await eve.flush();
    await victim.request(`cotal.acme.inst.${bob.id}.x`, "x", { timeout: 20_000 });
    await eventually(() => heard > 0, { what: "the victim's answer" });
  });
});
