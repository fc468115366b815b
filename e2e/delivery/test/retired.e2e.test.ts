import { eventually, provisionAgents } from "@cotal/harness";
import { aclRegistry, directoryRegistry, openRegistry, retireAcl, retirePeer } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { requestApi, type Session, store } from "@cotal/session";
import { formatSubject, streamName } from "@cotal/subjects";
import {
  ingestOfRegistry,
  ingestSecret,
  longestLifeMs,
  type Minted,
  mintSystem,
  readJwt,
  revoke,
  revokeOffline,
  type SpaceTrust,
} from "@cotal/trust";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PeerSpace, type Person, space, startPeerSpace } from "./peer-space.ts";

let at: PeerSpace;
beforeAll(async () => {
  at = await startPeerSpace();
});
afterAll(() => at[Symbol.asyncDispose]());

/** As `cotal rm` does: first their credentials are void, then nobody is them any more. */
async function revokeAll(peers: readonly Minted[]): Promise<SpaceTrust> {
  const { fixture } = at;
  const { trust } = fixture;
  const revoker = await fixture.connect(mintSystem(trust, { profile: "revoker", name: "test" }, Date.now()));
  const request = async (subject: string, payload: string): Promise<string> =>
    (await revoker.request(subject, payload, { timeout: 20_000 })).string();
  let trusted = fixture.space;
  for (const { id } of peers)
    trusted = await revoke({ request }, { trust, space: trusted, id, at: Date.now() });
  await revoker.close();
  return trusted;
}

function retireAll(peers: readonly Minted[]): Promise<void> {
  const trusted = at.fixture.space;
  return at.as("provisioner", async (session, { id }) => {
    const open = (registry: "acl" | "directory") => ({
      space,
      id,
      secret: ingestSecret(trusted, ingestOfRegistry(trusted, registry)),
    });
    const acl = await openRegistry(session, aclRegistry, open("acl"));
    const directory = await openRegistry(session, directoryRegistry, open("directory"));
    for (const peer of peers) {
      await retirePeer({ session, space, directory }, peer.id);
      await retireAcl(acl, peer.id);
    }
  });
}

/** What the broker has of these, by the stream it is in. Whatever watches a registry ends by itself. */
async function leftOf(ids: ReadonlySet<string>): Promise<Record<string, number>> {
  const { account_details = [] } = await at.fixture.broker.jsz();
  const consumers = account_details
    .flatMap(({ stream_detail = [] }) => stream_detail)
    .flatMap(({ consumer_detail = [] }) => consumer_detail)
    .filter(({ name }) => ids.has(/^(?:dm|dlv)_(.*)/.exec(name)?.[1] ?? ""));
  const streams = [
    streamName.dm(space),
    streamName.dead(space),
    streamName.delivery(space, 0),
    streamName.delivery(space, 1),
  ];
  const counts = await at.as("delivery", (session) =>
    Promise.all(streams.map((name) => subjectsOf(session, name, ids))),
  );
  const [direct = 0, letters = 0, ...copies] = counts;
  return { consumers: consumers.length, direct, letters, copies: copies.reduce((sum, one) => sum + one, 0) };
}

async function subjectsOf(session: Session, stream: string, ids: ReadonlySet<string>): Promise<number> {
  const { state } = await requestApi<{ readonly state: { readonly subjects?: Record<string, number> } }>(
    session,
    `STREAM.INFO.${stream}`,
    { subjects_filter: ">" },
  );
  return Object.keys(state.subjects ?? {}).filter((subject) => ids.has(subject.split(".")[3] ?? "")).length;
}

test("hundreds of retired peers leave nothing behind, and none of them gets in any more", async () => {
  verifies("DLV-64", "DLV-113", "TRUST-16", "TRUST-17");
  const rights = { allowSubscribe: ["general"], allowPublish: ["general"] };
  const orders = Array.from(
    { length: 290 },
    (_, n) => ({ profile: "agent", name: `peer-${n}`, ...rights }) as const,
  );
  const quiet = await provisionAgents(at.fixture, orders);
  const lively: Person[] = [];
  for (let n = 0; n < 10; n++) lively.push(await at.person({ name: `lively-${n}` }));
  const daemon = await at.deliver();
  const live = await Promise.all(lively.map((one) => one.connect({ channels: ["general"] })));
  await Promise.all(
    live.map((endpoint) =>
      eventually(() =>
        expect(endpoint.health().channels).toMatchObject([{ channel: "general", durable: "held" }]),
      ),
    ),
  );
  for (const one of lively) one.decide = () => ({ kind: "reject", reason: "no" });
  const talker = await at.person({ name: "talker" });
  const talking = await talker.connect({ mode: "sender" });
  await talking.send({ to: live[0]?.ref.id ?? "", text: "for nobody" });
  await Promise.all(live.slice(5).map((endpoint) => endpoint.stop()));
  for (let n = 0; n < 3; n++) await talking.send({ channel: "general", text: `${n}` });
  await at.asPeer(talker.minted, async (session) => {
    const send = ({ id: target }: Minted): Promise<unknown> =>
      store(session, {
        subject: formatSubject({ kind: "inst", space, target, sender: talker.id }),
        data: "x",
      });
    for (let from = 0; from < quiet.length; from += 90)
      await Promise.all(quiet.slice(from, from + 90).map(send));
  });
  const all = [...quiet, ...lively.map(({ minted }) => minted)];
  const ids = new Set<string>(all.map(({ id }) => id));
  await eventually(async () => {
    const before = await leftOf(ids);
    expect(before).toMatchObject({ direct: expect.any(Number), letters: expect.any(Number) });
    expect([before.direct, before.consumers].map((count = 0) => count >= 290)).toEqual([true, true]);
    expect(before.letters).toBeGreaterThan(0);
    expect(before.copies).toBeGreaterThan(0);
  });

  const from = performance.now();
  const trusted = await revokeAll(all);
  const revokedMs = performance.now() - from;
  await retireAll(all);
  await eventually(async () =>
    expect(await leftOf(ids)).toEqual({ consumers: 0, direct: 0, letters: 0, copies: 0 }),
  );
  process.stdout.write(
    `300 revoked in ${revokedMs.toFixed(0)} ms, the account has ${trusted.jwt.length} bytes; nothing left after ${(performance.now() - from).toFixed(0)} ms\n`,
  );
  for (const endpoint of live.slice(0, 5))
    await eventually(() => expect(endpoint.health().link.state).toBe("stopped"));
  for (const one of [...all.slice(0, 30), ...lively.map(({ minted }) => minted)]) {
    await expect(at.fixture.connect(one)).rejects.toThrow(/Authorization Violation/);
  }
  // Once all that was minted has expired by itself, nothing is remembered of them.
  const later = revokeOffline({
    trust: at.fixture.trust,
    space: trusted,
    id: talker.id,
    at: Date.now() + longestLifeMs + 2_000,
  });
  expect(Object.keys(readJwt("account", trusted.jwt).nats.revocations ?? {})).toHaveLength(300);
  expect(Object.keys(readJwt("account", later.jwt).nats.revocations ?? {})).toEqual([talker.id]);
  await daemon.stop();
});

test("who was retired while nobody led is cleared away by who leads next", async () => {
  verifies("DLV-113");
  const bob = await at.person({ name: "bob-left" });
  const talker = await at.person({ name: "talker-left" });
  const talking = await talker.connect({ mode: "sender" });
  const first = await at.deliver();
  bob.decide = () => ({ kind: "reject", reason: "no" });
  const here = await bob.connect({ channels: ["general"] });
  await eventually(() =>
    expect(here.health().channels).toMatchObject([{ channel: "general", durable: "held" }]),
  );
  await talking.send({ to: bob.id, text: "for nobody" });
  const ids = new Set<string>([bob.id]);
  await eventually(async () => expect((await leftOf(ids)).letters).toBe(1));
  await here.stop();
  await talking.send({ to: bob.id, text: "late" });
  await talking.send({ channel: "general", text: "copy" });
  await eventually(async () => expect((await leftOf(ids)).copies).toBe(1));
  await first.stop();
  await retireAll([bob.minted]);
  expect(await leftOf(ids)).toMatchObject({ letters: 1, copies: 1, direct: 1 });
  const second = await at.deliver();
  await eventually(async () =>
    expect(await leftOf(ids)).toEqual({ consumers: 0, direct: 0, letters: 0, copies: 0 }),
  );
  await second.stop();
});
