import { eventually, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Link, requestApi, type Session, sleep, store, subscribe } from "@cotal/session";
import { formatSubject, keySubject, type OwnerId, registryKey, streamName } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { type PresenceDigest, readPresenceDigest } from "@cotal/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDigest } from "../src/digest.ts";
import { type ServiceSpace, space, startServiceSpace } from "./support-service.ts";

let world: ServiceSpace;
beforeAll(async () => {
  world = await startServiceSpace();
});
afterAll(() => world[Symbol.asyncDispose]());

const bucket = streamName.registry(space, "presence");
const configOf = (): Promise<object> =>
  world.as({ profile: "setup" }, async (session) => {
    const { config } = await requestApi<{ readonly config: object }>(session, `STREAM.INFO.${bucket}`);
    return config;
  });

async function beat(session: Session, id: OwnerId): Promise<void> {
  const subject = keySubject(space, "presence", registryKey.beat(id));
  await store(session, { subject, data: "", headers: { "Nats-TTL": "30s" } });
}

describe("the presence digest, with the rights of delivery", () => {
  test("makes a bucket again that the broker forgot, as it was, and then tells who beats and who has ended", async () => {
    verifies("DLV-87", "REG-27");
    const before = await configOf();
    await world.as({ profile: "teardown" }, (session) => requestApi(session, `STREAM.DELETE.${bucket}`));
    const [alice, bob] = [await world.agent({ name: "alice" }), await world.agent({ name: "bob" })];
    const open = (as: Minted): Link => openLink(world.broker.url, { as });
    await using leader = open(world.mint({ profile: "delivery", name: "leader" }));
    await using peer = open(alice);
    await using other = open(bob);
    const [session, hearing, ending] = [await leader.start(), await peer.start(), await other.start()];
    const digest = createDigest(session, { space, epoch: 4 });
    await digest.tell();
    expect(await configOf()).toEqual(before);

    const heard: PresenceDigest[] = [];
    await subscribe(hearing, {
      subject: formatSubject({ kind: "digest", space }),
      onMessage: ({ data }) => {
        const read = readPresenceDigest(data);
        if (read.kind === "read") heard.push(read.record);
      },
    });
    await eventually(
      async () => {
        await beat(hearing, alice.id);
        if (heard.length === 0) await beat(ending, bob.id);
        await digest.tell();
        await sleep(session.clock, 500);
        expect(heard.at(-1)?.gone).toEqual([bob.id]);
      },
      { timeoutMs: 100_000 },
    );
    expect(heard[0]).toMatchObject({ epoch: 4, version: 1, full: true });
    expect([...(heard[0]?.live ?? [])].sort()).toEqual([alice.id, bob.id].sort());
    expect(heard.map(({ version }) => version)).toEqual(heard.map((_, at) => at + 1));
  });
});
