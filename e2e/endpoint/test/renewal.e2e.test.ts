import { setTimeout } from "node:timers/promises";
import type { Endpoint, StateChange } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { renew } from "@cotal/trust";
import { expect, test } from "vitest";
import { failureOf } from "./facts.ts";
import { startClosedSpace } from "./space.ts";

const lifeMs = 3_000;
const lives = 4;

function changesOf(peer: Endpoint): StateChange[] {
  const changes: StateChange[] = [];
  peer.on("state", (change) => changes.push(change));
  return changes;
}

test.concurrent("a peer whose credential is minted anew stays over its lives, and loses nothing of what goes on", async () => {
  verifies("ENDP-32", "ENDP-33", "ENDP-23");
  await using space = await startClosedSpace();
  const { auth, ...options } = await space.provision("short-lived", { lifeMs, role: "worker" });
  if (auth.kind !== "creds" || typeof auth.creds !== "string") throw new Error("it has a credential");
  const first = auth.creds;
  let minted = 0;
  const creds = (): string => {
    minted++;
    return renew(space.fixture.space, first, Date.now()).creds.reveal();
  };
  const peer = await space.connect({ ...options, auth: { kind: "creds", creds } });
  const changes = changesOf(peer);
  const alice = await space.peer("alice");
  const received: string[] = [];
  const echoed: string[] = [];
  peer.onMessage(async ({ message: { id }, sender }) => {
    received.push(id);
    await peer.send({ to: sender, text: "echo", replyTo: id, waitForLinkMs: 60_000 });
  });
  alice.onMessage(async ({ message: { replyTo = "" } }) => {
    echoed.push(replyTo);
  });
  const sent: string[] = [];
  const { epoch: begun = 0 } = peer.health().link;
  for (let round = 0; (peer.health().link.epoch ?? 0) < begun + lives; round++) {
    const where = round % 2 === 0 ? { to: peer.ref.id } : { role: "worker" };
    sent.push((await alice.send({ ...where, text: `${round}` })).id);
    await eventually(() => received.length > round || peer.state !== "live", { timeoutMs: 60_000 });
    await eventually(() => peer.state === "live", { timeoutMs: 60_000 });
  }
  await eventually(() => expect([...echoed].sort()).toEqual([...sent].sort()));
  expect([...received].sort()).toEqual([...sent].sort());
  expect(minted).toBeGreaterThan(lives);
  expect(changes.map(({ error }) => error?.code)).not.toContain("auth-expired");
  expect(peer.state).toBe("live");
});

test.concurrent("a peer whose credential nobody renews stops with the reason, and its receiver comes to an end", async () => {
  verifies("ENDP-33", "ENDP-10");
  await using space = await startClosedSpace();
  const peer = await space.peer("mortal", { lifeMs: 2_000 });
  const changes = changesOf(peer);
  const faults: string[] = [];
  peer.on("fault", ({ error }) => faults.push(error.code));
  const next = peer.messages().next();
  await eventually(() => expect(peer.state).toBe("stopped"));
  const expired = { code: "auth-expired", hint: expect.stringContaining("minted again") };
  expect(changes.at(-1)).toMatchObject({ state: "stopped", error: expired });
  expect(await next).toEqual({ value: undefined, done: true });
  expect(await failureOf(peer.send({ to: peer.ref.id, text: "x" }))).toMatchObject({ code: "stopped" });
});

test.concurrent("a new credential waits for a message that is in hand", async () => {
  verifies("ENDP-33");
  await using space = await startClosedSpace();
  const { auth, ...options } = await space.provision("busy", { lifeMs: 20_000 });
  if (auth.kind !== "creds" || typeof auth.creds !== "string") throw new Error("it has a credential");
  const first = auth.creds;
  let minted = 0;
  const creds = (): string => {
    minted++;
    return renew(space.fixture.space, first, Date.now()).creds.reveal();
  };
  const peer = await space.connect({ ...options, auth: { kind: "creds", creds } });
  const { epoch = 0 } = peer.health().link;
  const before = minted;
  const epochs: (number | undefined)[] = [];
  peer.onMessage(async () => {
    await eventually(() => minted > before, { timeoutMs: 60_000 });
    await setTimeout(1_000);
    epochs.push(peer.health().link.epoch);
  });
  const alice = await space.peer("alice");
  await alice.send({ to: peer.ref.id, text: "work" });
  await eventually(() => (peer.health().link.epoch ?? 0) > epoch, { timeoutMs: 60_000 });
  expect(epochs).toEqual([epoch]);
});
