import { eventually, type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { ensureQueue, ensureSpace, queueConsumer } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { type CredentialSource, credentialOf, type Session } from "@cotal/session";
import { asToken } from "@cotal/subjects";
import { ingestSecret, type Minted } from "@cotal/trust";
import { composeMessage, createSignatureVerifier, createSigner, parseCredential } from "@cotal/wire";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Core } from "../src/core.ts";
import type { Delivery } from "../src/delivery.ts";
import { countsOf, type ReceivingPeer, receivingPeer } from "./support-queues.ts";
import { space, worker } from "./support-receiving.ts";

let fixture: SpaceBroker | undefined;
beforeAll(async () => {
  fixture = await startSpaceBroker();
  const { space: trust } = fixture;
  const ingest = (resource: string) => ingestSecret(trust, resource);
  const layout = { space, shards: 2, mode: "auth", storageBytes: 256 * 1024 ** 2 } as const;
  await as(fixture.mint({ profile: "setup", name: "setup" }), (session) =>
    ensureSpace(session, { ...layout, ingest }),
  );
});
afterAll(() => fixture?.[Symbol.asyncDispose]());

function spaceBroker(): SpaceBroker {
  if (!fixture) throw new Error("there is no broker outside of a test");
  return fixture;
}

const credentials = ({ creds }: Minted): CredentialSource => {
  const user = parseCredential(creds.reveal());
  return () => credentialOf(user);
};

const as = <T>(minted: Minted, run: (session: Session) => Promise<T>): Promise<T> =>
  withSession(spaceBroker().broker.url, run, { as: minted });

/** A peer with a credential: it has no other rights, and checks signatures. */
function peerOf(minted: Minted, more: Partial<Core["self"]> = {}): ReceivingPeer {
  const card = { id: minted.id, name: "bob", kind: "agent", protocolVersion: "0.3" } as const;
  const signatures = createSignatureVerifier({ now: () => Date.now() });
  const core: Partial<Core> = {
    open: false,
    self: { id: minted.id, name: "bob", role: worker, card, ...more },
    policy: () => ({ maxBytes: 100_000, signatures }),
  };
  return receivingPeer(spaceBroker().broker.url, { core, credentials: credentials(minted) });
}

async function sendSigned(connection: NatsConnection, from: Minted, draft: object): Promise<void> {
  const { keys } = parseCredential(from.creds.reveal());
  const sender = { space, id: from.id, name: "alice" };
  const limits = { now: Date.now(), maxBytes: 100_000 };
  const composed = composeMessage({ text: "hello", ...draft }, sender, limits);
  const signed = await createSigner(keys, { now: () => Date.now() }).sign(composed);
  const all = headers();
  for (const [name, value] of Object.entries({ ...composed.headers, ...signed })) all.set(name, value);
  await connection.request(composed.subject, composed.bytes, { headers: all, timeout: 10_000 });
}

test("with the rights of an agent, signed messages and work arrive and unsigned ones are terminated", async () => {
  verifies("ENDP-19", "ENDP-22");
  const { mint, connect } = spaceBroker();
  const alice = mint({ profile: "agent", name: "alice" });
  const bob = mint({ profile: "agent", name: "bob", role: worker });
  const queues = [queueConsumer.dm(space, bob.id), queueConsumer.role(space, worker)];
  await as(mint({ profile: "provisioner", name: "tools" }), async (session) => {
    for (const queue of queues) await ensureQueue(session, queue);
  });
  await using peer = peerOf(bob);
  const session = await peer.link.start();
  const seen: Delivery[] = [];
  peer.receiver.onMessage(async (delivery) => void seen.push(delivery));
  const connection = await connect(alice);
  await connection.request(`cotal.${space}.inst.${bob.id}.${alice.id}`, unsigned(alice), { timeout: 10_000 });
  await sendSigned(connection, alice, { to: bob.id, id: "direct" });
  await sendSigned(connection, alice, { toService: worker, id: "work" });
  await eventually(() =>
    expect(seen.map(({ message }) => message.id).toSorted()).toEqual(["direct", "work"]),
  );
  for (const queue of queues) {
    await eventually(async () =>
      expect(await countsOf(session, queue)).toMatchObject({ num_pending: 0, num_ack_pending: 0 }),
    );
  }
  expect([peer.rejections.counts, peer.faults]).toEqual([{ unsigned: 1 }, []]);
  await connection.close();
});

function unsigned({ id }: Minted): string {
  const from = { id, name: "alice" };
  const parts = [{ kind: "text", text: "hello" }];
  return JSON.stringify({ id: "unsigned", ts: 1, space, from, to: "somebody", parts });
}

test("a role that its credential does not give is a fault of its queue alone", async () => {
  verifies("ENDP-5");
  const { mint, connect } = spaceBroker();
  const alice = mint({ profile: "agent", name: "alice" });
  const bob = mint({ profile: "agent", name: "bob" });
  const queue = queueConsumer.dm(space, bob.id);
  await as(mint({ profile: "provisioner", name: "tools" }), (session) => ensureQueue(session, queue));
  await using peer = peerOf(bob, { role: asToken("role", "reviewer") });
  await peer.link.start();
  expect(peer.faults.map(({ code }) => code)).toEqual(["not-allowed"]);
  expect(peer.queues.health()).toMatchObject({ kind: "degraded", code: "not-allowed" });
  const seen: string[] = [];
  peer.receiver.onMessage(async ({ message }) => void seen.push(message.id));
  const connection = await connect(alice);
  await sendSigned(connection, alice, { to: bob.id, id: "direct" });
  await eventually(() => expect(seen).toEqual(["direct"]));
  await connection.close();
});
