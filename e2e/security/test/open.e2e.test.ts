import { randomUUID } from "node:crypto";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { readPresenceDigest } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { type Cast, listenTo, type Peer, startCast } from "./cast.ts";

// Each of these attacks works on the broker as it is. A test that turns red here says that one has been stopped.

const digest = "cotal.acme.presence.digest";

/** Takes one entry from the own queue of direct messages. */
async function takeNext({ id, connection, ask }: Peer): Promise<Msg> {
  await ask(`cotal.acme.inst.${id}.${id}`, "to myself");
  return connection.request(
    `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${id}`,
    '{"batch":1,"expires":19000000000}',
    { timeout: 20_000, noMux: true, reply: `_INBOX_${id}.${randomUUID()}` },
  );
}

describe("an acknowledgement whose empty answer is aimed at the broker's own API", () => {
  const order = async ({ mallory }: Cast, subject: string): Promise<void> => {
    const { reply = "" } = await takeNext(mallory);
    mallory.connection.publish(reply, "+ACK", { reply: subject });
  };

  test("removes a stream, empties one, and takes a peer's queue away", async () => {
    verifies("TRUST-70");
    await using cast = await startCast();
    const { bob, attacked, messagesIn } = cast;
    await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
    await order(cast, "$JS.API.STREAM.PURGE.CHAT_acme");
    await eventually(async () => expect(await messagesIn("CHAT_acme")).toBe(0));
    await order(cast, `$JS.API.CONSUMER.DELETE.DM_acme.dm_${bob.id}`);
    await order(cast, "$JS.API.STREAM.DELETE.KV_cotal_acl_acme");
    await eventually(async () => {
      expect((await attacked.api(`CONSUMER.INFO.DM_acme.dm_${bob.id}`)).error).toBeDefined();
      expect((await attacked.api("STREAM.INFO.KV_cotal_acl_acme")).error).toBeDefined();
    });
  });

  test("and so is the answer to a pull that finds nothing, also from an observer", async () => {
    verifies("TRUST-70");
    await using cast = await startCast();
    const { bob, attacked, messagesIn } = cast;
    const observer = attacked.fixture.mint({ profile: "observer", name: "eve", allowSubscribe: ["lab"] });
    const eve = await attacked.fixture.connect(observer);
    await bob.ask(`cotal.acme.inst.${bob.id}.${bob.id}`);
    const name = `hist_${observer.id}`;
    const filter = "cotal.acme.chat.*.lab";
    const config = { name, filter_subject: filter, ack_policy: "none", mem_storage: true };
    const made = await eve.request(
      `$JS.API.CONSUMER.CREATE.CHAT_acme.${name}.${filter}`,
      JSON.stringify({ stream_name: "CHAT_acme", config }),
      { timeout: 20_000 },
    );
    expect(made.json()).not.toHaveProperty("error");
    eve.publish(`$JS.API.CONSUMER.MSG.NEXT.CHAT_acme.${name}`, '{"batch":1,"no_wait":true}', {
      reply: "$JS.API.STREAM.PURGE.DM_acme",
    });
    await eventually(async () => expect(await messagesIn("DM_acme")).toBe(0));
  });

  test("control: an answer that says something is none of its orders", async () => {
    verifies("TRUST-70");
    await using cast = await startCast();
    const { mallory, bob, messagesIn } = cast;
    await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
    mallory.connection.publish(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", {
      reply: "$JS.API.STREAM.PURGE.CHAT_acme",
    });
    await mallory.ask(`cotal.acme.inst.${bob.id}.${mallory.id}`);
    expect(await messagesIn("CHAT_acme")).toBe(1);
  });
});

test("an entry of the own queue thrown at the digest arrives there, and only its subject tells", async () => {
  verifies("TRUST-73");
  await using cast = await startCast();
  const { mallory, bob } = cast;
  const own = `cotal.acme.inst.${mallory.id}.${mallory.id}`;
  const forged = JSON.stringify({ v: 1, epoch: 9, version: 1, full: true, live: [], gone: [] });
  await mallory.ask(own, forged);
  const ear = await listenTo(bob, digest);
  mallory.throwNext("DM_acme", `dm_${mallory.id}`, digest);
  const { subject, data } = await ear.nth(1);
  ear.stop();
  expect(readPresenceDigest(data).kind).toBe("read");
  expect(subject).toBe(own);
});

test("thrown entries fill the bucket of presence, which then takes no record of anybody", async () => {
  verifies("TRUST-71");
  await using cast = await startCast();
  const { mallory, bob, attacked } = cast;
  const filter = `cotal.acme.inst.*.${mallory.id}`;
  const name = `sent_${mallory.id}`;
  const config = { name, filter_subject: filter, ack_policy: "none", mem_storage: true };
  const made = await mallory.ask(
    `$JS.API.CONSUMER.CREATE.DM_acme.${name}.${filter}`,
    JSON.stringify({ stream_name: "DM_acme", config }),
  );
  expect(made.error).toBeUndefined();
  // Each under a subject of its own, so that none takes the place of another; small ones fill what is left.
  for (const [size, count] of [
    [200_000, 8],
    [20_000, 12],
    [1_000, 30],
  ] as const) {
    for (let n = 0; n < count; n++) {
      const to = `U${String(size + n).padStart(55, "A")}`;
      await mallory.ask(`cotal.acme.inst.${to}.${mallory.id}`, "x".repeat(size));
      mallory.throwNext("DM_acme", name, "$KV.cotal_presence_acme.x");
    }
  }
  await eventually(async () => {
    const { error } = await bob.ask(`$KV.cotal_presence_acme.${bob.id}`, "x".repeat(2_000));
    expect(error?.description).toContain("maximum bytes exceeded");
  });
  expect(
    (await attacked.states(["KV_cotal_presence_acme"])).KV_cotal_presence_acme?.messages,
  ).toBeGreaterThan(5);
});
