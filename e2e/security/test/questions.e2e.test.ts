import { randomUUID } from "node:crypto";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { header } from "@cotal/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { composed, listenTo, type Peer } from "./cast.ts";
import { delivering, type ServedSpace, shardOf, startServedSpace, stores } from "./served-space.ts";
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

/** Somebody whose leader is the same. */
async function enterBeside(peer: Peer): Promise<Peer> {
  for (let n = 1; ; n++) {
    const beside = await at.enter(`beside-${n}`);
    if (shardOf(beside.id) === shardOf(peer.id)) return beside;
  }
}

describe("a question to the leader", () => {
  test("is about whoever asks, whoever it names", async () => {
    verifies("TRUST-79");
    const owner = bob.id;
    const joined = await at.ask(mallory.minted, "durableJoin", { channel: "team.x", since: 0, owner });
    expect(joined).toMatchObject({ ok: true });
    const rows = await at.ask(bob.minted, "listMemberships");
    expect(JSON.stringify(rows)).not.toContain("team.x");
    expect(JSON.stringify(await at.ask(mallory.minted, "listMemberships", { owner }))).toContain("team.x");
    const attached = await at.ask(mallory.minted, "attach", { nonce: "n", epoch: 1, owner });
    expect(attached).toMatchObject({ ok: true, data: { consumer: `dlv_${mallory.id}` } });
  });

  test("that orders what is an operator's to order is not known there, and cannot be asked elsewhere", async () => {
    verifies("TRUST-79");
    const acl = { allowSubscribe: [], allowPublish: [] };
    for (const op of ["narrow", "settle", "retire", "purgeChannel", "status"]) {
      const reply = await at.ask(mallory.minted, op, { owner: bob.id, acl, channel: "lab", throughSeq: 9 });
      expect(reply).toMatchObject({ ok: false, error: { code: "unknown-op" } });
    }
    const subjects = [0, 1].map((shard) => `cotal.acme.ctl.delivery-admin-${shard}.${mallory.id}`);
    const forOthers = [0, 1].flatMap((shard) => [
      `cotal.acme.ctl.delivery-${shard}.${bob.id}`,
      `cotal.acme.ctl.delivery-admin-${shard}.${bob.id}`,
    ]);
    const all = [...subjects, ...forOthers];
    expect(await at.refusedTo(mallory, "publish", all)).toEqual(all);
    // Control: an operator's order is carried out.
    expect(await at.order(bob.id, "settle")).toMatchObject({ ok: true });
  });

  test("whose answer is aimed at a store or a peer's lane is neither carried out nor answered", async () => {
    verifies("TRUST-43", "TRUST-79");
    const asked = `cotal.acme.ctl.${delivering(mallory.id)}.${mallory.id}`;
    const lane = `cotal.acme.ctl.${delivering(bob.id)}.${bob.id}.reply.n1`;
    const ear = await listenTo(bob, `cotal.acme.ctl.${delivering(bob.id)}.${bob.id}.reply.*`);
    const question = (channel: string): string =>
      JSON.stringify({
        v: 1,
        id: randomUUID(),
        op: "durableJoin",
        args: { channel, since: 0 },
        from: { id: mallory.id, name: "m" },
      });
    const stores = [`$KV.cotal_acl_acme.${bob.id}`, `cotal.acme.dlv.${bob.id}.lab`, "cotal.acme.ckpt.0"];
    for (const reply of [lane, ...stores, `cotal.acme.chat.${bob.id}.lab`]) {
      mallory.connection.publish(asked, question("team.aimed"), { reply });
    }
    // Whoever answers these has answered all that came before them.
    const rows = await at.ask(mallory.minted, "listMemberships");
    expect(JSON.stringify(rows)).not.toContain("team.aimed");
    await bob.connection.flush();
    expect(ear.heard).toEqual([]);
    ear.stop();
    // Control: the same, with its own lane, is carried out.
    const own = await at.ask(mallory.minted, "durableJoin", { channel: "team.aimed", since: 0 });
    expect(own).toMatchObject({ ok: true });
  });

  test("is answered by nobody but the leader", async () => {
    verifies("TRUST-79");
    const [shard, other] = [shardOf(bob.id), 1 - shardOf(bob.id)];
    const lanes = [shard, other].map((each) => `cotal.acme.ctl.delivery-${each}.${bob.id}.reply.n1`);
    expect(await at.refusedTo(mallory, "publish", lanes)).toEqual(lanes);
    const questions = [shard, other].map((each) => `cotal.acme.ctl.delivery-${each}.*`);
    expect(await at.refusedTo(mallory, "subscribe", questions)).toEqual(questions);
    expect(await at.refusedTo(mallory, "queue", questions)).toEqual(questions);
    // Control: who may publish there is believed by whoever waits.
    const heard = listenTo(bob, lanes[0]);
    const eve = await at.attacked.fixture.connect(withRights(at.attacked.fixture, ["cotal.acme.ctl.>"]));
    const ear = await heard;
    eve.publish(lanes[0] ?? "", '{"v":1,"ok":true,"data":{"durable":true,"generation":1}}');
    expect((await ear.nth(1)).string()).toContain("durable");
    ear.stop();
    await eve.close();
  });

  test("that is played again after a leave does not bring the membership back", async () => {
    verifies("TRUST-74", "TRUST-79");
    const carol = await at.enter("carol");
    const join = { channel: "team.once", since: 2 ** 50 };
    const first = await at.ask(carol.minted, "durableJoin", join, "the-join");
    expect(first).toMatchObject({ ok: true });
    const { generation } = (first as unknown as { data: { generation: number } }).data;
    const left = await at.ask(carol.minted, "durableLeave", { channel: "team.once", generation });
    expect(left).toMatchObject({ ok: true });
    // It is answered as it was, and not carried out.
    expect(await at.ask(carol.minted, "durableJoin", join, "the-join")).toEqual(first);
    expect(await at.ask(carol.minted, "listMemberships")).toMatchObject({ ok: true, data: [] });
    // Control: under another id it is another question, of the next generation.
    const again = await at.ask(carol.minted, "durableJoin", join);
    expect(again).not.toEqual(first);
    // A leave of the membership before ends nothing.
    const stale = await at.ask(carol.minted, "durableLeave", { channel: "team.once", generation });
    expect(stale).toMatchObject({ ok: false, error: { code: "stale-generation" } });
  });
});

describe("records that say what is not so", () => {
  const write = async (store: string, key: string, text: string): Promise<void> => {
    const secret = at.secretOf(store);
    const { root } = at.attacked;
    const answer = await root.request(`in.${secret}.$KV.${store}.${key}`, text, { timeout: 20_000 });
    expect(answer.json<{ error?: unknown }>().error).toBeUndefined();
  };

  test("of rights that cannot be read, nothing is delivered and nothing is lost", async () => {
    verifies("DLV-44", "TRUST-82");
    const frank = await at.enter("frank");
    await at.becomeMember(frank);
    const good = { v: 1, allowSubscribe: ["lab"], allowPublish: [], epoch: 50, updatedAt: 0 };
    for (const [step, text] of ["null", "[]", '{"v":1,"allowSubscribe":[">"]}', `{"v":2}`].entries()) {
      await write(stores.acl, frank.id, text);
      await at.post(alice);
      await eventually(async () =>
        expect(await at.order(frank.id, "pending")).toMatchObject({ data: { pending: 0, parked: step + 1 } }),
      );
    }
    // Control: once they can be read, everything comes.
    await write(stores.acl, frank.id, JSON.stringify(good));
    await at.waiting(frank, 4);
  });

  test("of a peer that has taken the name of another, neither is mentioned by it", async () => {
    verifies("DLV-5", "TRUST-82");
    const grace = await at.enter("grace");
    const mention = async (): Promise<void> => {
      const { subject, bytes } = composed(alice.minted, { channel: "lab" });
      const body = JSON.stringify({ ...JSON.parse(Buffer.from(bytes).toString()), mentions: ["grace"] });
      const { error } = await alice.ask(subject, body, { [header.mentions]: "grace" });
      expect(error).toBeUndefined();
    };
    // Control: as long as the name is hers alone.
    await mention();
    await at.waiting(grace, 1);
    const before = await at.pending(mallory);
    const taken = { v: 1, id: mallory.id, name: "Grace", kind: "agent" };
    await write(stores.directory, mallory.id, JSON.stringify(taken));
    await mention();
    await write(stores.directory, mallory.id, JSON.stringify({ ...taken, name: "mallory" }));
    // A record under the key of another than it names counts for nobody.
    await write(stores.directory, alice.id, JSON.stringify({ ...taken, id: grace.id, name: "grace" }));
    await mention();
    const own = { v: 1, id: alice.id, name: "alice", kind: "agent" };
    await write(stores.directory, alice.id, JSON.stringify(own));
    await at.waiting(grace, 2);
    expect(await at.pending(mallory)).toBe(before);
  });
});

test("who joins and leaves as fast as it can keeps nobody from being answered and served", async () => {
  verifies("TRUST-83");
  const henry = await enterBeside(mallory);
  const asked = `cotal.acme.ctl.${delivering(mallory.id)}.${mallory.id}`;
  for (let n = 0; n < 3_000; n++) {
    const args = { channel: `team.f${n % 300}`, since: 0, generation: n };
    const op = n % 2 === 0 ? "durableJoin" : "durableLeave";
    const question = { v: 1, id: randomUUID(), op, args, from: { id: mallory.id, name: "m" } };
    mallory.connection.publish(asked, JSON.stringify(question), { reply: `${asked}.reply.n${n}` });
  }
  await mallory.connection.flush();
  await at.becomeMember(henry);
  await at.post(alice);
  await at.waiting(henry, 1);
  expect(at.engine.report().map(({ state }) => state)).toEqual(["ready", "ready"]);
});
