import { type Narrowed, narrowAcl, type Rights, retireAcl, tombstoneMember } from "@cotal/registries";
import { deleteConsumer, requestApi } from "@cotal/session";
import {
  type Channel,
  CotalError,
  consumerName,
  type DirectLane,
  formatPattern,
  type OwnerId,
  streamName,
} from "@cotal/subjects";
import { planSettling } from "./core/settle-plan.ts";
import { aclUnknown } from "./member-orders.ts";
import type { SettledAnswer } from "./shard.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { shardFault } from "./shard-fault.ts";
import { shardStream } from "./shard-place.ts";

/** Takes rights away, and everything that rests on them. */
export async function narrow(
  core: ShardCore,
  turn: Turn,
  { owner, rights }: { readonly owner: OwnerId; readonly rights: Rights },
): Promise<SettledAnswer> {
  requireNarrowed(await narrowAcl(core.registries.acl, owner, rights), owner);
  return await settle(core, turn, owner);
}

/**
 * I3: carries out what the owner's rights mean now. The checkpoint that follows proves that no other leader has
 * loaded older rights; without it there is no answer.
 */
export async function settle(core: ShardCore, turn: Turn, owner: OwnerId): Promise<SettledAnswer> {
  const { session, knowledge } = core;
  const acl = await knowledge.confirm(session, owner);
  if (acl.kind === "unknown") throw aclUnknown(owner);
  const stored = await core.stream.countsOf(owner);
  const done = await carryOut(core, { owner, stored: stored.keys(), position: turn.position });
  await turn.commit();
  turn.reconsider(owner);
  await session.faults.reach(shardFault.beforeReply);
  return { epoch: acl.epoch, ...done };
}

interface Settling {
  readonly owner: OwnerId;
  readonly stored: Iterable<Channel | DirectLane>;
  readonly position: number;
}

export async function carryOut(
  { session, knowledge, registries, stream, writer }: ShardCore,
  { owner, stored, position }: Settling,
): Promise<Pick<SettledAnswer, "purged" | "ended">> {
  const memberships = [...knowledge.index.ofOwner(owner)];
  const acl = knowledge.rights(owner);
  const { purge, end } = planSettling({ acl, stored, memberships, chatSeq: position });
  for (const ending of end) await tombstoneMember(registries.members, { ...ending, writer });
  if (purge.length + end.length > 0) await session.faults.reach(shardFault.midSettle);
  let purged = 0;
  for (const channel of purge) purged += await stream.purgeCopies(owner, { channel });
  return { purged, ended: end.map(({ channel }) => channel) };
}

/** Takes all rights away, for good, and removes all that was kept for the owner. */
export async function retire(core: ShardCore, turn: Turn, owner: OwnerId): Promise<SettledAnswer> {
  const { registries, stream, dead, parking, backlogs } = core;
  const retired = await retireAcl(registries.acl, owner);
  if (retired.kind === "absent") throw aclUnknown(owner);
  const { ended } = await carryOut(core, { owner, stored: [], position: turn.position });
  await removeConsumers(core, owner);
  const purged = await stream.purgeCopies(owner);
  await dead.clear(owner);
  const isKept = parking.holds(owner);
  await turn.commit(isKept ? [parking.forget(owner)] : []);
  if (isKept) await stream.purgePointers(owner);
  backlogs.forget(owner);
  await core.session.faults.reach(shardFault.beforeReply);
  return { epoch: retired.record.epoch, purged, ended };
}

/** Also that of its direct messages, and they themselves: nobody can take them any more. */
async function removeConsumers({ session, place }: ShardCore, owner: OwnerId): Promise<void> {
  const { space } = place;
  const messages = streamName.dm(space);
  await deleteConsumer(session, shardStream(place), consumerName.delivery(owner));
  await deleteConsumer(session, messages, consumerName.dm(owner));
  const filter = formatPattern({ kind: "inst", space, target: owner, sender: "*" });
  await requestApi(session, `STREAM.PURGE.${messages}`, { filter });
}

function requireNarrowed(outcome: Narrowed, owner: OwnerId): void {
  switch (outcome.kind) {
    case "written":
    case "unchanged":
      return;
    case "absent":
      throw aclUnknown(owner);
    case "retired":
      throw new CotalError("peer-retired", `the peer ${owner} was retired`, {
        hint: "there is nothing left to take away",
        data: { owner },
      });
    case "wider":
      throw new CotalError("rights-differ", `the peer ${owner} has not all of what it was to keep`, {
        hint: "name rights within those that it has; to give more, provision another peer",
        data: { owner },
      });
  }
}
