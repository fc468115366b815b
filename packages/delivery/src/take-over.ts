import { commitMember, forgetMember, known, type MemberRecord, nextGeneration } from "@cotal/registries";
import type { Session } from "@cotal/session";
import {
  type Channel,
  CotalError,
  type DirectLane,
  type OwnerId,
  registryKey,
  type Token,
} from "@cotal/subjects";
import { Backlogs } from "./backlogs.ts";
import { type ChatBounds, chatStream } from "./chat-stream.ts";
import { Commits } from "./commits.ts";
import { compareWithChat } from "./core/checkpoint.ts";
import type { Ageing } from "./core/day-marks.ts";
import { nothingParked, readParked } from "./core/parked.ts";
import type { Quota } from "./core/quota.ts";
import { openDeadStore } from "./dead-store.ts";
import { createDirectAges } from "./direct-ages.ts";
import { createFencedWriter, deposed, type Fence, type FencedWriter, readFence } from "./fenced-writer.ts";
import { createGapWriter } from "./gap-writer.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Leadership } from "./leadership.ts";
import { createLocalMembers } from "./local-members.ts";
import { createParking } from "./parking.ts";
import { missing, PostRouter, type SeqRange } from "./post-router.ts";
import { carryOut } from "./rights-orders.ts";
import type { ShardCore } from "./shard-core.ts";
import { shardFault } from "./shard-fault.ts";
import type { ShardPlace } from "./shard-place.ts";
import type { ShardStats } from "./shard-stats.ts";
import { openShardStream } from "./shard-stream.ts";

export interface TakeOverDeps {
  readonly session: Session;
  readonly place: ShardPlace;
  readonly knowledge: Knowledge;
  readonly quota: Quota;
  readonly directAgeing: Ageing;
  /** Under which dead letters are kept. */
  readonly deadSecret: Token;
  readonly stats: ShardStats;
  readonly leadership: Pick<Leadership, "shard" | "holder" | "epoch" | "signal">;
  readonly onFault: (error: CotalError) => void;
}

/** A shard that is loaded and settled, and of which nobody else can write anything any more. */
export interface TakenOver {
  readonly core: ShardCore;
  readonly commits: Commits;
}

/** Makes this the only writer of a shard, and then learns what there is to be served. */
export async function takeOver(deps: TakeOverDeps): Promise<TakenOver> {
  const { session, place, knowledge, leadership } = deps;
  await session.faults.reach(shardFault.beforeLead);
  const bounds = await chatStream(session, place.space).bounds();
  const writer = await seal(deps, bounds);
  await knowledge.catchUp(session);
  const taken = assemble(deps, { writer, bounds });
  const { core } = taken;
  await core.backlogs.load();
  const position = taken.commits.position.chatSeq;
  await loadParked(core, { firstSeq: bounds.firstSeq, position, onFault: deps.onFault });
  await session.faults.reach(shardFault.afterLoad);
  await settleAll(core, position);
  await beginAnewIfLost(deps, taken, { writer, bounds });
  await rebaseUnanswered(core);
  leadership.signal.throwIfAborted();
  return taken;
}

/** From the answer on no predecessor can commit or answer. Who comes after its successor is no leader any more. */
async function seal(deps: TakeOverDeps, bounds: ChatBounds): Promise<FencedWriter> {
  const { session, place, leadership, onFault } = deps;
  const { signal, epoch } = leadership;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const fence = await readFence(session, place);
    if (fence.checkpoint && fence.checkpoint.epoch > epoch) throw deposed(place.shard);
    const checkpoint = fence.checkpoint ?? (await firstCheckpoint(deps, bounds));
    const writer = createFencedWriter(session, { place, fence, signal, onFull: onFault });
    try {
      await writer.commit([], { ...checkpoint, epoch });
      return writer;
    } catch (error) {
      const isRaced = error instanceof CotalError && error.code === "fenced";
      if (!isRaced || attempt >= maxSeals) throw error;
    }
  }
}

/** Two leaders may meet here; one of them stops when its lease is in doubt. */
const maxSeals = 10;

/** A shard that was never led begins with what is posted from now on. Where something was served it is none. */
async function firstCheckpoint(
  { session, place, knowledge, leadership, stats }: TakeOverDeps,
  { created, lastSeq }: ChatBounds,
): Promise<Omit<NonNullable<Fence["checkpoint"]>, "mark">> {
  await knowledge.catchUp(session);
  const members = createLocalMembers(knowledge.index, place);
  const [member] = members.all();
  const { messages } = await openShardStream(session, { place, stats, fence: () => 0 }).size();
  if (member === undefined && messages === 0) {
    return { v: 1, chatSeq: lastSeq, chatCreated: created, lastStoredAt: 0, epoch: leadership.epoch };
  }
  throw new CotalError("checkpoint-missing", `nothing says how far shard ${place.shard} was served`, {
    hint: "have its stream restored; it cannot be told what its members have got",
    data: { shard: place.shard },
  });
}

interface Ground {
  readonly writer: FencedWriter;
  readonly bounds: ChatBounds;
}

function assemble(deps: TakeOverDeps, { writer, bounds }: Ground): TakenOver {
  const { session, place, knowledge, quota, stats, leadership, onFault } = deps;
  const { checkpoint } = writer.fence;
  const { holder, epoch } = leadership;
  const { chatSeq = bounds.lastSeq, after, lastStoredAt = 0 } = checkpoint ?? {};
  const maxAgeMs = quota.ageMs;
  const directAges = createDirectAges(checkpoint?.directMarks ?? [], deps.directAgeing);
  stats.position = chatSeq;
  const commits = new Commits({
    session,
    writer,
    stats,
    epoch,
    chatCreated: checkpoint?.chatCreated ?? bounds.created,
    position: { chatSeq, after },
    lastStoredAt,
    directAges,
  });
  const stream = openShardStream(session, { place, stats, fence: () => writer.fence.seq });
  const members = createLocalMembers(knowledge.index, place);
  const parking = createParking(place, stats);
  const gapFor = createGapWriter({ place, knowledge, maxAgeMs });
  const backlogs = new Backlogs({
    session,
    stream,
    stats,
    quota,
    owe: (owner, gaps) => commits.write([parking.owe(owner, gaps)]),
  });
  const router = new PostRouter({ session, place, knowledge, members, parking, gapFor, stats, maxAgeMs });
  const core: ShardCore = {
    session,
    place,
    writer: { holder, epoch },
    knowledge,
    registries: knowledge.registries(session),
    members,
    loaded: knowledge.membersRevision,
    chat: chatStream(session, place.space),
    stream,
    dead: openDeadStore(session, { space: place.space, secret: deps.deadSecret }),
    directAges,
    parking,
    router,
    backlogs,
    gapFor,
    stats,
    maxAgeMs,
    onFault,
  };
  return { core, commits };
}

interface ParkedGround extends Pick<TakeOverDeps, "onFault"> {
  /** Of CHAT. */
  readonly firstSeq: number;
  /** Of the shard; nothing later can be parked. */
  readonly position: number;
}

/** A list that cannot be read is a loss, of which its owner learns. */
async function loadParked(
  { stream, parking }: ShardCore,
  { firstSeq, position, onFault }: ParkedGround,
): Promise<void> {
  for (const owner of await stream.parkedOwners()) {
    const found = await stream.pointersOf(owner);
    if (!found) continue;
    const read = readParked(found.data);
    if (read.kind === "read") {
      parking.load(owner, read.record);
      if (!parking.holds(owner)) await stream.purgePointers(owner);
    } else {
      parking.load(owner, { pointers: [], gaps: [missing({ fromSeq: firstSeq, toSeq: position })] });
      onFault(
        new CotalError("undecodable", `the parked entries of ${owner} cannot be read`, { data: { owner } }),
      );
    }
  }
}

/** What the rights mean now, for everybody: what was settled before costs nothing again. */
async function settleAll(core: ShardCore, position: number): Promise<void> {
  const owners = new Map<OwnerId, Iterable<Channel | DirectLane>>();
  for (const { owner } of core.members.all()) owners.set(owner, []);
  for (const [owner, counts] of await core.stream.counts()) owners.set(owner, counts.keys());
  for (const [owner, stored] of owners) await carryOut(core, { owner, stored, position });
}

/** Who was not answered asks again, and learns of what is kept from then on. */
async function rebaseUnanswered(core: ShardCore): Promise<void> {
  const { lastSeq } = await core.chat.bounds();
  for (const record of [...core.members.all()]) {
    if (record.state === "durable-active" && !record.activated) await rebase(core, record, lastSeq);
  }
}

async function rebase(
  { registries, writer, session }: ShardCore,
  record: MemberRecord,
  joinCursor: number,
): Promise<void> {
  const { owner, channel } = record;
  const standing = known(registries.members.get(registryKey.member(owner, channel)));
  const updatedAt = session.clock.now();
  const generation = nextGeneration(standing);
  const anew = { ...record, joinCursor, cursorStoredAt: undefined, generation, writer, updatedAt };
  await commitMember(registries.members, anew);
}

/**
 * Where CHAT has lost its end, or is another stream, no number means what it meant: everything begins anew at its
 * end, whoever may miss something is told, and what has ended is forgotten.
 */
async function beginAnewIfLost(
  deps: TakeOverDeps,
  taken: TakenOver,
  { writer, bounds }: Ground,
): Promise<void> {
  const { checkpoint } = writer.fence;
  if (!checkpoint) return;
  const { core, commits } = taken;
  const { created, lastSeq } = bounds;
  const served = checkpoint.chatSeq;
  const at = served > 0 && served <= lastSeq ? await core.chat.at(served) : undefined;
  const cursor = highestCursor(core);
  const isReplaced = await holdsOthers(core, served);
  const comparison = compareWithChat(checkpoint, { ...bounds, storedAt: at?.storedAt, cursor, isReplaced });
  if (comparison.kind === "fits") return;
  if (comparison.kind === "behind") return await passOver(taken, comparison);
  deps.onFault(chatRestored(deps.place, { served, lastSeq }));
  for (const record of [...core.members.all()]) {
    const { owner, channel } = record;
    if (record.state === "durable-active") await rebase(core, record, lastSeq);
    else await forgetMember(core.registries.members, { owner, channel, firstSeq: Number.POSITIVE_INFINITY });
  }
  // What is parked names posts by their place; it is among what is told to be missing.
  const parked = core.parking.owners();
  const lists = parked.map((owner) => core.parking.replace(owner, nothingParked));
  const markers = core.router.hole(comparison);
  // Told before the position moves: who takes over in between tells it again.
  await commits.write([...lists, ...markers]);
  const lastStoredAt = lastSeq === 0 ? 0 : ((await core.chat.at(lastSeq))?.storedAt ?? 0);
  commits.beginAnew({ chatCreated: created, position: { chatSeq: lastSeq }, lastStoredAt });
  await commits.write([]);
  core.stats.position = lastSeq;
  for (const owner of parked) if (!core.parking.holds(owner)) await core.stream.purgePointers(owner);
}

function highestCursor({ members }: ShardCore): number {
  let highest = 0;
  for (const { joinCursor, leaveCursor = 0 } of members.all())
    highest = Math.max(highest, joinCursor, leaveCursor);
  return highest;
}

/** Whether there is another post in a place that a membership names and that was not served when it was written. */
async function holdsOthers({ members, chat }: ShardCore, served: number): Promise<boolean> {
  const named = new Map<number, number>();
  for (const { joinCursor, leaveCursor = joinCursor, cursorStoredAt } of members.all())
    if (leaveCursor > served && cursorStoredAt !== undefined) named.set(leaveCursor, cursorStoredAt);
  for (const [seq, storedAt] of named) {
    const post = await chat.at(seq);
    if (post !== undefined && post.storedAt !== storedAt) return true;
  }
  return false;
}

/** Posts that went before they were looked at are told at once, for no other may come for long. */
async function passOver({ core, commits }: TakenOver, hole: SeqRange): Promise<void> {
  await commits.write(core.router.hole(hole));
  await commits.write([], { chatSeq: hole.toSeq });
  core.stats.position = hole.toSeq;
}

function chatRestored(
  { shard }: ShardPlace,
  data: { readonly served: number; readonly lastSeq: number },
): CotalError {
  return new CotalError("chat-restored", `CHAT is not what shard ${shard} has served`, {
    hint: "its members are told that posts may be missing; look at how the broker came to lose them",
    data: { shard, ...data },
  });
}
