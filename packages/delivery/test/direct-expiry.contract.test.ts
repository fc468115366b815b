import { setTimeout as pause } from "node:timers/promises";
import { eventually, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { requestApi, store, systemClock } from "@cotal/session";
import { formatSubject, type OwnerId, streamName } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { expect, onTestFinished, test } from "vitest";
import type { Ageing } from "../src/core/day-marks.ts";
import { defaultQuota } from "../src/core/quota.ts";
import { createDirectExpiry } from "../src/direct-expiry.ts";
import { readFence } from "../src/fenced-writer.ts";
import { createKnowledge } from "../src/knowledge.ts";
import type { OrderQueue } from "../src/order-queue.ts";
import { shardFault } from "../src/shard-fault.ts";
import { newShardStats } from "../src/shard-stats.ts";
import { type TakenOver, takeOver } from "../src/take-over.ts";
import type { Member } from "./model/member.ts";
import { space } from "./model/world.ts";
import { beginLead, enter, type Led, lead, placeOf, type StreamInfo, worldOfFile } from "./support-actor.ts";
import { waiting } from "./support-dead.ts";

const world = worldOfFile();
const directAgeing = { ageMs: 500, stepMs: 1 };

async function send(from: Member, target: OwnerId, count: number): Promise<void> {
  const subject = formatSubject({ kind: "inst", space, target, sender: from.minted.id });
  for (let sent = 0; sent < count; sent++) await store(from.session(), { subject, data: "{}" });
}

/** How many direct messages are stored for somebody. */
async function stored(led: Led, target: OwnerId): Promise<number> {
  const filter = { subjects_filter: `cotal.${space}.inst.${target}.*` };
  const info = await requestApi<StreamInfo>(led.session, `STREAM.INFO.${streamName.dm(space)}`, filter);
  return Object.values(info.state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
}

const gone = (led: Led, target: OwnerId): Promise<unknown> =>
  eventually(async () => expect(await stored(led, target)).toBe(0), { timeoutMs: 60_000 });

const gapOf = (count: number) => ({
  verdict: "gap",
  gap: { channel: "=direct", count, reason: "age" },
});

test("direct messages that nobody handles go before the broker takes them, and their target is told", async () => {
  verifies("DLV-78", "DLV-3", "DLV-46");
  await using led = await lead(world(), { directAgeing });
  await using ada = await enter(world(), ["c"]);
  await using eve = await enter(world(), ["c"]);
  await using bob = await enter(world(), ["c"]);
  const nobody = publicFromSeed(generateSeed("user")) as OwnerId;
  await send(bob, ada.minted.id, 3);
  await send(bob, nobody, 2);
  await gone(led, ada.minted.id);
  await gone(led, nobody);
  await eventually(async () => expect(await waiting(led, ada)).toMatchObject([gapOf(3)]));
  expect(await waiting(led, eve)).toEqual([]);
  // Of somebody whom nobody knows nothing is kept either.
  for (const shard of [0, 1]) expect(await world().leftOf(nobody, shard)).toEqual([]);
  // What has come since is there.
  await using patient = await lead(world(), { directAgeing: { ageMs: 3_600_000, stepMs: 1 } });
  await send(bob, ada.minted.id, 2);
  const { checkpoint } = await readFence(patient.session, placeOf(world(), ada.shard));
  expect(checkpoint?.directMarks?.length).toBeGreaterThan(0);
  expect(await stored(patient, ada.minted.id)).toBe(2);
});

test("a leader that dies before it has removed them leaves word of them", async () => {
  verifies("DLV-78", "DLV-91");
  await using ada = await enter(world(), ["c"]);
  await using bob = await enter(world(), ["c"]);
  const shards = [ada.shard];
  const first = await beginLead(world(), {
    directAgeing,
    shards,
    arm: (faults) => faults.arm(shardFault.betweenMarkerAndPurge, { kind: "hold" }),
  });
  await first.ready();
  await send(bob, ada.minted.id, 3);
  await first.armed.reached;
  await using second = await lead(world(), { directAgeing: { ageMs: 3_600_000, stepMs: 1 }, shards });
  expect(await stored(second, ada.minted.id)).toBe(3);
  expect(await waiting(second, ada)).toMatchObject([{ verdict: "gap", gap: { channel: "=direct" } }]);
  first.armed.release();
  await first.ended(ada.shard);
  await first[Symbol.asyncDispose]();
});

test("whose messages are not old enough keeps them, and hears of nothing", async () => {
  verifies("DLV-78");
  await using ada = await enter(world(), ["c"]);
  await using eve = await enter(world(), ["c"], ada.shard);
  await using bob = await enter(world(), ["c"]);
  await using led = await beginLead(world(), { shards: [] });
  const { core, commits } = await takeOverAlone(ada.shard, { ageMs: 1_000, stepMs: 1 });
  const orders: OrderQueue = {
    add: (work) =>
      work({
        position: commits.position.chatSeq,
        commit: (outgoing = []) => commits.write(outgoing),
        reconsider: () => undefined,
      }),
    next: () => undefined,
    end: () => undefined,
  };
  const expiry = createDirectExpiry(core, orders);
  await send(bob, ada.minted.id, 2);
  await expiry.look();
  await pause(1_100);
  await send(bob, eve.minted.id, 2);
  await send(bob, ada.minted.id, 1);
  await expiry.look();
  const kept = [await stored(led, ada.minted.id), await stored(led, eve.minted.id)];
  expect(kept).toEqual([1, 2]);
  expect(core.parking.gapsOf(ada.minted.id)).toMatchObject([{ channel: "=direct", count: 2, reason: "age" }]);
  expect(core.parking.gapsOf(eve.minted.id)).toEqual([]);
  expect(await core.stream.pointersOf(eve.minted.id)).toBeUndefined();
});

/** Without an actor, so that nothing is done but what a test does. */
async function takeOverAlone(shard: number, directAgeing: Ageing): Promise<TakenOver> {
  const { fixture, ingest, nextNumber } = world();
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const link = openLink(fixture.broker.url, { as: minted });
  onTestFinished(() => link.stop());
  const session = await link.start({ retryFirst: true });
  const knowledge = createKnowledge({ space, id: minted.id, clock: systemClock, ingest });
  await knowledge.attach(session);
  const { signal } = new AbortController();
  return await takeOver({
    session,
    place: placeOf(world(), shard),
    knowledge,
    quota: defaultQuota,
    directAgeing,
    deadSecret: ingest(streamName.dead(space)),
    stats: newShardStats(),
    leadership: { shard, holder: "alone", epoch: nextNumber(), signal },
    onFault: (error) => {
      throw error;
    },
  });
}
