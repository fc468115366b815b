import { createFaultPoints, eventually, openLink, type TestFaultPoints, withSession } from "@cotal/harness";
import { ensureSpace } from "@cotal/registries";
import { type Link, requestApi, type Session, systemClock } from "@cotal/session";
import { asChannel, type Channel, CotalError, type OwnerId, partition, streamName } from "@cotal/subjects";
import { afterAll, beforeAll } from "vitest";
import { batchLimits } from "../src/core/batch-plan.ts";
import type { Ageing } from "../src/core/day-marks.ts";
import { defaultQuota, type Quota } from "../src/core/quota.ts";
import { createKnowledge } from "../src/knowledge.ts";
import type { JoinAnswer, Shard } from "../src/shard.ts";
import { createShardLeader, type ShardLeader } from "../src/shard-leader.ts";
import type { ShardPlace } from "../src/shard-place.ts";
import type { ShardStats } from "../src/shard-stats.ts";
import type { Item } from "./model/facts.ts";
import { enterMember, type Member } from "./model/member.ts";
import { openWorld, shardNumbers, shards, space, type World } from "./model/world.ts";

/** A space of the tests of one file, on a broker of its own. */
export function worldOfFile(storageBytes?: number): () => World {
  let world: World | undefined;
  beforeAll(async () => {
    world = await openWorld(storageBytes);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  return () => {
    if (!world) throw new Error("there is no space outside of a test");
    return world;
  };
}

export interface LeadUse {
  readonly quota?: Partial<Quota>;
  /** All of them, unless some are named. */
  readonly shards?: readonly number[];
  readonly url?: string;
  /** When direct messages that nobody handles go. */
  readonly directAgeing?: Ageing;
  /** How many messages go into a batch. */
  readonly batch?: number;
}

/** A daemon that leads without a lease, and is gone at the end. */
export interface Led extends AsyncDisposable {
  readonly session: Session;
  readonly faults: TestFaultPoints;
  /** What it told of. */
  readonly told: readonly CotalError[];
  /** The shard that serves a peer. */
  of(member: Member): Shard;
  stats(member: Member): ShardStats;
  /** How its lead of a shard has ended; `undefined` when it was told to. */
  ended(shard: number): Promise<CotalError | undefined>;
  /** The lease is in doubt. */
  quiesce(): void;
}

let numbers = 0;

export interface Beginning<Armed> extends Led {
  /** Rejects with what has kept it from that. */
  ready(): Promise<void>;
  isReady(): boolean;
  readonly armed: Armed;
}

/** Leads, and is not ready yet. */
export async function beginLead<Armed = undefined>(
  world: World,
  use: LeadUse & { readonly arm?: (faults: TestFaultPoints) => Armed } = {},
): Promise<Beginning<Armed>> {
  const minted = world.fixture.mint({ profile: "delivery", name: "delivery" });
  const faults = createFaultPoints();
  const armed = use.arm?.(faults) as Armed;
  const link: Link = openLink(use.url ?? world.fixture.broker.url, { as: minted, faults });
  const session = await link.start({ retryFirst: true });
  const { ingest } = world;
  const knowledge = createKnowledge({ space, id: minted.id, clock: systemClock, ingest });
  await knowledge.attach(session);
  const told: CotalError[] = [];
  const leader = createShardLeader(session, {
    space,
    id: minted.id,
    shards,
    ingest,
    knowledge,
    quota: { ...defaultQuota, ...use.quota },
    ...(use.directAgeing && { directAgeing: use.directAgeing }),
    ...(use.batch !== undefined && { batch: { ...batchLimits, messages: use.batch } }),
    onFault: (_, error) => told.push(error),
  });
  const doubt = new AbortController();
  const signal = AbortSignal.any([doubt.signal, session.scope.signal]);
  const seats = (use.shards ?? shardNumbers).map((shard) =>
    takeSeat(world, { leader, shard, signal, id: minted.id }),
  );
  let isReady = false;
  const readying = Promise.all(seats.map((seat) => seat.ready)).then((failures) => {
    isReady = failures.every((failure) => failure === undefined);
    return failures.find((failure) => failure !== undefined);
  });
  const seatOf = (shard: number): Seat => {
    const seat = seats.find((one) => one.shard === shard);
    if (!seat) throw new Error(`shard ${shard} is not led`);
    return seat;
  };
  return {
    session,
    faults,
    armed,
    told,
    ready: async () => {
      const failure = await readying;
      if (failure) throw failure;
    },
    isReady: () => isReady,
    of: (member) => seatOf(member.shard).served(),
    stats: (member) => {
      const stats = leader.stats().get(member.shard);
      if (!stats) throw new Error(`shard ${member.shard} was never led`);
      return stats;
    },
    ended: (shard) => seatOf(shard).end,
    quiesce: () => doubt.abort(new CotalError("no-leader", "the lease is in doubt")),
    [Symbol.asyncDispose]: async () => {
      doubt.abort(new CotalError("no-leader", "it was stopped"));
      await Promise.all(seats.map(({ end }) => end));
      await link.stop();
    },
  };
}

interface Seat {
  readonly shard: number;
  /** With what has kept it from being ready. */
  readonly ready: Promise<CotalError | undefined>;
  readonly end: Promise<CotalError | undefined>;
  served(): Shard;
}

function coded(error: unknown): CotalError {
  if (error instanceof Error) return error as CotalError;
  throw new Error(`no failure but ${String(error)}`);
}

interface Taking {
  readonly leader: ShardLeader;
  readonly shard: number;
  readonly signal: AbortSignal;
  readonly id: string;
}

function takeSeat(world: World, { leader, shard, signal, id }: Taking): Seat {
  const epoch = world.nextNumber();
  let served: Shard | undefined;
  let end: Promise<CotalError | undefined> = Promise.resolve(undefined);
  const ready = new Promise<CotalError | undefined>((resolve) => {
    const leadership = {
      shard,
      holder: `${id}-${epoch}`,
      epoch,
      signal,
      ready: async () => resolve(undefined),
    };
    const work = leader.lead(leadership, async (one) => {
      served = one;
    });
    end = work.then(() => undefined, coded);
    void end.then(resolve);
  });
  return {
    shard,
    ready,
    end,
    served: () => {
      if (!served) throw new Error(`shard ${shard} is not served`);
      return served;
    },
  };
}

export async function lead(world: World, use: LeadUse = {}): Promise<Led> {
  const led = await beginLead(world, use);
  await led.ready();
  return led;
}

/** A peer that may read and post to these channels. */
export async function enter(world: World, channels: readonly string[], shard?: number): Promise<Member> {
  for (;;) {
    const name = `peer-${++numbers}`;
    const [minted] = await world.provision([name], channels);
    if (!minted) throw new Error("one was ordered");
    const member = await enterMember(world, name, minted);
    if (shard === undefined || member.shard === shard) return member;
    await member[Symbol.asyncDispose]();
  }
}

/** A channel that no other test uses. */
export function newChannel(name = "c"): Channel {
  return asChannel(`t${++numbers}.${name}`);
}

/** From now on, unless `since` says from when. The answer is the generation. */
export async function join(led: Led, member: Member, channel: Channel, since = 2 ** 50): Promise<number> {
  const answer: JoinAnswer = await led.of(member).join(member.minted.id, { channel, since });
  if (!answer.durable) throw new Error("it was evicted");
  return answer.generation;
}

export async function publishMany(from: Member, channel: Channel, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const some = Math.min(250, count - seqs.length);
    seqs.push(...(await Promise.all(Array.from({ length: some }, () => from.publish(channel, [])))));
  }
  return seqs.sort((a, b) => a - b);
}

/** Until the shard of a member has served everything that was posted. */
export async function served(world: World, led: Led, member: Member): Promise<void> {
  const last = await world.chatLast();
  await eventually(() => led.stats(member).position >= last, { what: "serving what was posted" });
  // It waits its turn behind what is on its way.
  await led.of(member).leave(member.minted.id, { channel: asChannel("none"), generation: 0 });
}

/** All that waits for a peer; it is acknowledged. */
export async function drain(led: Led, member: Member): Promise<readonly Item[]> {
  const order = { nonce: "n", epoch: ++numbers, takeover: true };
  const place = await led.of(member).attach(member.minted.id, order);
  const items: Item[] = [];
  for (;;) {
    const page = await member.read({ ...place, count: 200, ackAll: true });
    if (page.length === 0) return items;
    items.push(...page);
  }
}

export function seqsOf(items: readonly Item[]): number[] {
  return items.flatMap((item) => (item.kind === "copy" ? [item.seq] : []));
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<CotalError> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "rejected" && outcome.reason instanceof CotalError) return outcome.reason;
  throw new Error(`no coded failure but ${JSON.stringify(outcome)}`);
}

export async function rightsOf(
  world: World,
  member: Member,
  allow: readonly string[],
  epoch: number,
): Promise<void> {
  const record = { v: 1, allowSubscribe: allow, allowPublish: allow, epoch, updatedAt: Date.now() };
  await world.writeRights(member.minted.id, JSON.stringify(record));
}

export interface StreamInfo {
  readonly config: { readonly max_bytes: number };
  readonly state: {
    readonly bytes: number;
    readonly messages: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
}

export async function streamInfo(led: Led, shard: number): Promise<StreamInfo> {
  const stream = streamName.delivery(space, shard);
  return await requestApi(led.session, `STREAM.INFO.${stream}`, { subjects_filter: ">" });
}

export function placeOf({ ingest }: World, shard: number): ShardPlace {
  return { space, shard, shards, secret: ingest(streamName.delivery(space, shard)) };
}

export function isOf(id: OwnerId, shard: number): boolean {
  return partition(shards, id) === shard;
}

/** CHAT is lost, and made anew. */
export async function recreateChat({ fixture, ingest }: World): Promise<void> {
  const chat = streamName.chat(space);
  const teardown = fixture.mint({ profile: "teardown", name: "teardown" });
  const setup = fixture.mint({ profile: "setup", name: "setup" });
  await withSession(fixture.broker.url, (session) => requestApi(session, `STREAM.DELETE.${chat}`), {
    as: teardown,
  });
  const spec = { space, shards, storageBytes: 256 * 1024 ** 2, mode: "auth", ingest } as const;
  await withSession(fixture.broker.url, (session) => ensureSpace(session, spec), { as: setup });
}
