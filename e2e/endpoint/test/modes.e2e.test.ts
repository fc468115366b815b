import type { Endpoint } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { aclRegistry, directoryRegistry, openRegistry, type PeerOffice, retirePeer } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { asOwnerId, type OwnerId } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf, messagesIn } from "./facts.ts";
import { type ClosedSpace, startClosedSpace } from "./space.ts";

let space: ClosedSpace;
beforeAll(async () => {
  space = await startClosedSpace();
});
afterAll(() => space[Symbol.asyncDispose]());

const namesSeenBy = (peer: Endpoint): string[] => peer.roster().map(({ name }) => name);

describe("an observer", () => {
  test("sees who is there and is seen by nobody, takes from no queue and says nothing", async () => {
    verifies("ENDP-1", "ENDP-62");
    const alice = await space.peer("alice", { role: "worker" });
    const order = { profile: "observer", name: "watcher", allowSubscribe: ["general"] } as const;
    const watcher = await space.enter(order, { mode: "observer" });
    await eventually(() => expect(namesSeenBy(watcher)).toContain("alice"));
    expect(watcher.health().queues).toEqual([]);
    expect(watcher.membership().members).toEqual([]);
    const heard: string[] = [];
    watcher.onMessage(async ({ message }) => {
      heard.push(message.id);
    });
    const giver = await space.peer("giver", { mode: "sender" });
    const { id } = await giver.send({ role: "worker", text: "x" });
    expect(await failureOf(watcher.send({ to: "alice", text: "x" }))).toMatchObject({ code: "not-allowed" });
    expect(await failureOf(watcher.setStatus("working"))).toMatchObject({ code: "bad-mode" });
    const done: string[] = [];
    alice.onMessage(async ({ message }) => {
      done.push(message.id);
    });
    await eventually(() => expect(done).toEqual([id]));
    expect(heard).toEqual([]);
    expect(namesSeenBy(alice)).not.toContain("watcher");
    await Promise.all([alice.stop(), giver.stop(), watcher.stop()]);
  });
});

describe("a sender", () => {
  test("sends, reads what is sent to it, takes no work, and is not shown as present", async () => {
    verifies("ENDP-1");
    const bob = await space.peer("bob", { role: "ops" });
    const cron = await space.peer("cron", { role: "ops", mode: "sender" });
    const heard: string[] = [];
    cron.onMessage(async ({ message, kind }) => {
      heard.push(`${kind} ${message.id}`);
    });
    bob.onMessage(async ({ message: { id }, sender }) => {
      await bob.send({ to: sender, text: "done", replyTo: id, id: `answer-to-${id}` });
    });
    await cron.send({ to: "bob", text: "a question", id: "question" });
    await cron.send({ role: "ops", text: "some work", id: "work" });
    await eventually(() => expect(heard.sort()).toEqual(["dm answer-to-question", "dm answer-to-work"]));
    expect(cron.health().queues.map(({ consumer }) => consumer)).toEqual([`dm_${cron.ref.id}`]);
    expect(bob.roster().find(({ name }) => name === "cron")).toMatchObject({ live: false });
    expect(await failureOf(cron.setActivity("x"))).toMatchObject({ code: "bad-mode" });
    await Promise.all([bob.stop(), cron.stop()]);
  });

  test("without a queue of its own sends all the same", async () => {
    verifies("ENDP-1", "ENDP-5");
    const bob = await space.peer("bob-2");
    const sender = await space.enter({ profile: "agent", name: "unprovisioned" }, { mode: "sender" });
    const before = await messagesIn(space, "DM_acme");
    await sender.send({ to: bob.ref.id, text: "x" });
    expect(await messagesIn(space, "DM_acme")).toBe(before + 1);
    expect(sender.health().faults).toEqual([]);
    await Promise.all([bob.stop(), sender.stop()]);
  });
});

test("a peer whose queue was never made says how to have it made, and what else it does goes on", async () => {
  verifies("ENDP-5");
  const bob = await space.peer("bob-3");
  const stray = await space.enter({ profile: "agent", name: "stray", role: "nobody" });
  const { queues, parts } = stray.health();
  expect(queues).toMatchObject(
    [`dm_${stray.ref.id}`].map((consumer) => ({ consumer, error: { code: "not-provisioned" } })),
  );
  expect(queues[0]?.error?.hint).toContain("cotal mint stray");
  expect(parts).toMatchObject({ queues: { kind: "degraded", code: "not-provisioned" } });
  await stray.send({ to: bob.ref.id, text: "x" });
  expect(stray.state).toBe("live");
  await Promise.all([bob.stop(), stray.stop()]);
});

describe("asking and answering", () => {
  test("tells an answer, a refusal, nobody there, no answer in time and no right apart", async () => {
    verifies("ENDP-69", "ENDP-70", "ENDP-71", "ENDP-72");
    const manager = await space.enter({ profile: "manager", name: "manager" }, { mode: "sender" });
    const chief = await space.peer("chief", { capabilities: ["manager"] });
    const hand = await space.peer("hand", { mode: "sender" });
    expect(await failureOf(chief.request("manager", "count"))).toMatchObject({ code: "no-responders" });
    let spawned = 0;
    let finish: () => void = () => undefined;
    await manager.serve("manager", {
      count: async () => ({ spawned }),
      spawn: async () => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return ++spawned;
      },
    });
    expect(await chief.request("manager", "count")).toEqual({ spawned: 0 });
    expect(await failureOf(chief.request("manager", "burn"))).toMatchObject({ code: "unknown-op" });
    expect(await failureOf(hand.request("manager", "count"))).toMatchObject({ code: "not-allowed" });
    const late = await failureOf(chief.request("manager", "spawn", {}, { timeoutMs: 200 }));
    expect(late).toMatchObject({ code: "outcome-unknown", data: { id: expect.any(String) } });
    const { id } = late.data as { id: string };
    const repeated = chief.request("manager", "spawn", {}, { id });
    finish();
    expect(await repeated).toBe(1);
    expect(await chief.request("manager", "count")).toEqual({ spawned: 1 });
    const given = new AbortController();
    const asked = chief.request("manager", "spawn", {}, { signal: given.signal });
    given.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await manager.reconnect();
    expect(await chief.request("manager", "count")).toMatchObject({ spawned: 1 });
    finish();
    await Promise.all([manager.stop(), chief.stop(), hand.stop()]);
  });

  test("is for whom the credential names: who may answer for a service is nobody else", async () => {
    verifies("ENDP-72");
    const till = await space.peer("till", { serves: ["till"] });
    const thief = await space.peer("thief");
    await till.serve("till", { pay: async () => "paid" });
    expect(await failureOf(thief.serve("till", { pay: async () => "stolen" }))).toMatchObject({
      code: "not-allowed",
    });
    expect(await failureOf(till.serve("manager", {}))).toMatchObject({ code: "not-allowed" });
    expect(await failureOf(till.serve("till", {}))).toMatchObject({ code: "already-served" });
    await Promise.all([till.stop(), thief.stop()]);
  });
});

describe("a program beside the peer", () => {
  test("sees and sends as the peer, takes nothing from its queues, and leaves its watches alone", async () => {
    verifies("ENDP-1");
    const events: string[] = [];
    const options = await space.provision("twin");
    const twin = await space.connect({ ...options, log: ({ event }) => void events.push(event) });
    const heard: string[] = [];
    twin.onMessage(async ({ message: { id } }) => void heard.push(id));
    const beside = await space.connect({ ...options, mode: "beside" });
    expect(namesSeenBy(beside)).toContain("twin");
    expect(beside.health().queues).toEqual([]);
    expect(await failureOf(beside.setStatus("working"))).toMatchObject({ code: "bad-mode" });
    const giver = await space.peer("giver-3");
    const { id } = await giver.send({ to: twin.ref.id, text: "x" });
    await eventually(() => expect(heard).toEqual([id]));
    await beside.send({ channel: "general", text: "said beside" });
    expect(await beside.history("general", { limit: 1 })).toMatchObject([{ sender: twin.ref.id }]);
    expect(events.filter((event) => event === "tail.reopen" || event === "endpoint.fault")).toEqual([]);
    expect(twin.state).toBe("live");
    await Promise.all([beside.stop(), twin.stop(), giver.stop()]);
  });
});

async function retired({ ref }: Endpoint): Promise<void> {
  const { space: trust } = space.fixture;
  const officeOf = async (session: Session, id: OwnerId): Promise<PeerOffice> => {
    const open = (registry: "acl" | "directory") => ({
      space: trust.space,
      id,
      secret: ingestSecret(trust, ingestOfRegistry(trust, registry)),
    });
    return {
      session,
      space: trust.space,
      acl: await openRegistry(session, aclRegistry, open("acl")),
      directory: await openRegistry(session, directoryRegistry, open("directory")),
    };
  };
  await space.as("provisioner", async (session, id) =>
    retirePeer(await officeOf(session, id), asOwnerId(ref.id)),
  );
}

test("nothing is sent to the id of a peer that was retired", async () => {
  verifies("ENDP-16", "WIRE-91");
  const [giver, gone] = await Promise.all([space.peer("giver-2"), space.peer("gone")]);
  await giver.send({ to: gone.ref.id, text: "while it is there" });
  await retired(gone);
  await eventually(async () =>
    expect(await failureOf(giver.send({ to: gone.ref.id, text: "too late" }))).toMatchObject({
      code: "peer-retired",
    }),
  );
  expect(giver.resolve(gone.ref.id)).toEqual({ kind: "unknown", retired: true });
  await Promise.all([giver.stop(), gone.stop()]);
});
