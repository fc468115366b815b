import {
  activateMember,
  commitMember,
  known,
  type MemberPlace,
  type MemberRecord,
  nextGeneration,
  tombstoneMember,
} from "@cotal/registries";
import { type Channel, CotalError, type OwnerId, registryKey } from "@cotal/subjects";
import { readCatchUp } from "./catch-up.ts";
import { copiesOf } from "./core/copy.ts";
import { isRetired } from "./retired.ts";
import type { JoinAnswer, JoinOrder, LeaveOrder } from "./shard.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { shardFault } from "./shard-fault.ts";
import { isStray } from "./stray-joins.ts";

/**
 * Begins to hold the posts of a channel for an owner, from the one after `since` on. What is past already is
 * copied in this turn, and what comes is routed after it, so that nothing is missed or doubled in between. Where
 * nothing is to be copied the record is whole at once: also who takes over before the answer serves it. `later`:
 * the shard has yet to pass the place where the owner has left.
 */
export async function join(
  core: ShardCore,
  turn: Turn,
  { owner, channel, since }: JoinOrder & MemberPlace,
): Promise<JoinAnswer | "later"> {
  const { session, registries, knowledge, writer, place, maxAgeMs, chat } = core;
  await requireCovered(core, owner, channel);
  const standing = known(registries.members.get(registryKey.member(owner, channel)));
  const held = standing.kind === "found" && !isStray(core, standing) ? standing.value : undefined;
  if (held?.state === "durable-active" && held.activated)
    return { durable: true, generation: held.generation };
  // What the membership before is still due is routed by its record.
  if ((held?.leaveCursor ?? 0) > turn.position) return "later";

  // Nobody has seen what was not posted yet; a stream that was restored may end before what was seen. What was
  // routed is in it: should it be lost after that, the next lead begins anew with every cursor.
  const joinCursor = since <= turn.position ? since : Math.min(since, (await chat.bounds()).lastSeq);
  const after = knowledge.isDurable(channel) ? joinCursor : turn.position;
  const past = await readCatchUp(core, { owner, channel, after, to: turn.position });
  if (past.kind === "evicted") return { durable: false, evicted: past.evicted };
  const generation = nextGeneration(standing);
  const record: MemberRecord = {
    v: 1,
    channel,
    owner,
    state: "durable-active",
    joinCursor,
    cursorStoredAt: await storedBeyond(core, turn, joinCursor),
    activated: past.posts.length === 0,
    generation,
    writer,
    updatedAt: session.clock.now(),
  };
  const commit = await commitMember(registries.members, record);
  if (commit.kind === "stale-membership") throw overtaken(owner, channel);
  const due = { owner, reason: "member", generation } as const;
  await turn.commit(past.posts.map((post) => copiesOf(post, { ingest: place, maxAgeMs })(due)));
  if (!record.activated) {
    const activated = await activateMember(registries.members, { owner, channel, generation, joinCursor });
    if (activated.kind === "superseded") throw overtaken(owner, channel);
  }
  await session.faults.reach(shardFault.beforeReply);
  return { durable: true, generation };
}

/** Ends it: what is posted from now on is not held any more. */
export async function leave(
  core: ShardCore,
  turn: Turn,
  { owner, channel, generation }: LeaveOrder & MemberPlace,
): Promise<void> {
  const { session, registries, writer, chat } = core;
  const standing = known(registries.members.get(registryKey.member(owner, channel)));
  if (standing.kind === "absent" || standing.value.state === "left") return;
  if (standing.value.generation !== generation) throw staleGeneration(standing.value);
  const { lastSeq } = await chat.bounds();
  const leaveCursor = Math.max(lastSeq, standing.value.joinCursor);
  const cursorStoredAt = await storedBeyond(core, turn, leaveCursor);
  const order = { owner, channel, expectedGeneration: generation, leaveCursor, cursorStoredAt, writer };
  const outcome = await tombstoneMember(registries.members, order);
  if (outcome.kind === "other-generation") throw staleGeneration(outcome.stored);
  // Who takes over from here on has loaded it; who took over before has the fence.
  await turn.commit();
  await session.faults.reach(shardFault.beforeReply);
}

/** Of a post that the checkpoint does not vouch for: CHAT may lose it, and have another one in its place. */
async function storedBeyond(
  { chat }: ShardCore,
  { position }: Turn,
  seq: number,
): Promise<number | undefined> {
  return seq > position ? (await chat.at(seq))?.storedAt : undefined;
}

/** What is not allowed as far as is known is asked of the leader of the registry before it is refused. */
async function requireCovered(
  { session, knowledge }: ShardCore,
  owner: OwnerId,
  channel: Channel,
): Promise<void> {
  const seen = knowledge.rights(owner);
  if (seen.kind === "known" && seen.covers(channel)) return;
  const rights = await knowledge.confirm(session, owner);
  if (rights.kind === "unknown") throw aclUnknown(owner);
  if (!rights.covers(channel)) throw notAllowed(channel);
}

/** A retired peer may still be connected for a moment. */
export function requireActive(core: ShardCore, owner: OwnerId): void {
  if (!isRetired(core, owner)) return;
  throw new CotalError("peer-retired", `the peer ${owner} was retired`, { data: { owner } });
}

export function aclUnknown(owner: OwnerId): CotalError {
  return new CotalError("acl-unknown", `it is not known what ${owner} may read`, {
    hint: "try again; if that does not help, have the peer provisioned",
    data: { owner },
  });
}

function notAllowed(channel: Channel): CotalError {
  return new CotalError("not-allowed", `${channel} is outside of what you may read`, {
    hint: "ask for the right to read it",
    data: { channel },
  });
}

function staleGeneration({ channel, generation }: MemberRecord): CotalError {
  return new CotalError("stale-generation", `the membership of ${channel} has generation ${generation}`, {
    hint: "list the memberships and name the generation that stands there",
    data: { channel, generation },
  });
}

function overtaken(owner: OwnerId, channel: Channel): CotalError {
  return new CotalError("contended", `somebody else has changed the membership of ${owner} in ${channel}`, {
    hint: "ask again",
    data: { owner, channel },
  });
}
