import { eventually, openLink, withSession } from "@cotal/harness";
import { type FeedRecord, membershipFeedRegistry, membersRegistry, openRegistry } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { systemClock } from "@cotal/session";
import { asChannel, type OwnerId, registryKey } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret, type Minted, mintSystem } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFeed } from "../src/feed.ts";
import { type ServiceSpace, space, startServiceSpace } from "./support-service.ts";

let world: ServiceSpace;
beforeAll(async () => {
  world = await startServiceSpace();
});
afterAll(() => world[Symbol.asyncDispose]());

const rowsNow = (): Promise<Record<string, Pick<FeedRecord, "live" | "durable">>> =>
  world.as({ profile: "observer", allowSubscribe: ["lab"] }, async (session, id) => {
    const rows = await openRegistry(session, membershipFeedRegistry, { space, id });
    return Object.fromEntries(
      rows.entries().flatMap((one) => {
        if (one.kind !== "found" || one.key === registryKey.feed) return [];
        const { live, durable } = one.value;
        return [[one.key, { live, durable }]];
      }),
    );
  });

const observedAt = (): Promise<number> =>
  world.as({ profile: "observer", allowSubscribe: ["lab"] }, async (session, id) => {
    const rows = await openRegistry(session, membershipFeedRegistry, { space, id });
    const lookup = rows.get(registryKey.feed);
    return lookup.kind === "found" ? lookup.value.observedAt : 0;
  });

async function join(owner: OwnerId, channel: string): Promise<void> {
  await world.as({ profile: "delivery" }, async (session, id) => {
    const secret = ingestSecret(world.fixture.space, ingestOfRegistry(world.fixture.space, "members"));
    const members = await openRegistry(session, membersRegistry, { space, id, secret });
    const record = {
      v: 1,
      channel: asChannel(channel),
      owner,
      state: "durable-active",
      joinCursor: 0,
      activated: true,
      generation: 1,
      writer: { holder: "h", epoch: 1 },
      updatedAt: 0,
    } as const;
    await members.put(registryKey.member(owner, asChannel(channel)), record, {});
  });
}

describe("the membership feed, with the rights of feed and census", () => {
  test("shows who hears and who is a member of what, follows who comes and goes, and leaves out taps", async () => {
    verifies("DLV-84", "DLV-85", "DLV-86");
    const { fixture, broker } = world;
    const [census, writer] = [
      mintSystem(
        fixture.trust,
        { profile: "census", name: "census", account: fixture.space.account },
        Date.now(),
      ),
      world.mint({ profile: "feed", name: "feed" }),
    ];
    const ingest = (resource: string) => ingestSecret(fixture.space, resource);
    const feed = createFeed({
      space,
      account: fixture.space.account,
      id: writer.id,
      ingest,
      clock: systemClock,
    });
    await using eyes = openLink(broker.url, { as: census, capabilities: [feed.eyes] });
    await using hand = openLink(broker.url, { as: writer, capabilities: [feed.hand] });
    await Promise.all([eyes.start(), hand.start()]);

    const [alice, bob] = [await world.agent({ name: "alice" }), await world.agent({ name: "bob" })];
    const tap = world.mint({ profile: "observer", name: "tap", allowSubscribe: [">"] });
    await join(bob.id, "team.a");
    const hear = (who: Minted, subject: string, run: () => Promise<void>): Promise<void> =>
      withSession(
        broker.url,
        async ({ connection }) => {
          connection.subscribe(subject);
          await connection.flush();
          await run();
        },
        { as: who },
      );
    await hear(tap, "cotal.acme.chat.*.>", () =>
      hear(alice, "cotal.acme.chat.*.team.>", async () => {
        const shown = {
          [alice.id]: { live: ["team.>"], durable: [] },
          [bob.id]: { live: [], durable: ["team.a"] },
        };
        await eventually(async () => expect(await rowsNow()).toEqual(shown));
      }),
    );
    await eventually(async () =>
      expect(await rowsNow()).toEqual({ [bob.id]: { live: [], durable: ["team.a"] } }),
    );
    expect(feed.hand.health()).toEqual({ kind: "ok" });

    // Without its eyes it says nothing, and in particular nothing new.
    await eyes.stop();
    expect(feed.hand.health()).toMatchObject({ kind: "down", code: "not-bound" });
    const last = await observedAt();
    expect(last).toBeGreaterThan(0);
    await hear(alice, "cotal.acme.chat.*.team.>", async () => {
      expect(await rowsNow()).toEqual({ [bob.id]: { live: [], durable: ["team.a"] } });
    });
    expect(await observedAt()).toBe(last);
  });
});
