import type { MemberRecord } from "@cotal/registries";
import { type Channel, type DirectLane, directLane, type OwnerId, parseSubject } from "@cotal/subjects";
import type { AclKnowledge } from "./authorise.ts";

/** What an owner's rights forbid and is to be taken away. */
export interface SettlePlan {
  /** Everything that is stored for the owner under these is purged. */
  readonly purge: readonly Channel[];
  readonly end: readonly Ending[];
}

/** A membership that ends with the right it stood on; wider rights later do not bring it back. */
export interface Ending {
  readonly owner: OwnerId;
  readonly channel: Channel;
  readonly expectedGeneration: number;
  readonly leaveCursor: number;
}

export interface SettleFacts {
  readonly acl: AclKnowledge;
  /** The channels under which something is stored for the owner. */
  readonly stored: Iterable<Channel | DirectLane>;
  /** The owner's own. */
  readonly memberships: Iterable<MemberRecord>;
  /** How far the shard has come; nothing that is later is due any more. */
  readonly chatSeq: number;
}

/**
 * It depends on nothing but what stands there now, so it may be carried out any number of times. A leader does it
 * for every owner when it takes over, and so needs no note of what its predecessors did.
 */
export function planSettling({ acl, stored, memberships, chatSeq }: SettleFacts): SettlePlan {
  if (acl.kind === "unknown") return { purge: [], end: [] };
  const isOutside = (channel: Channel): boolean => !acl.covers(channel);
  const open = [...memberships].filter(({ channel, state }) => state !== "left" && isOutside(channel));
  return {
    // What is for the owner itself is no matter of channels, nor is what is told of all of them.
    purge: [...stored].flatMap((channel) => (channel !== directLane && isOutside(channel) ? [channel] : [])),
    end: open.map(({ owner, channel, generation, joinCursor }) => ({
      owner,
      channel,
      expectedGeneration: generation,
      leaveCursor: Math.max(joinCursor, chatSeq),
    })),
  };
}

/** Under which channels something is stored for whom, from the subjects of a shard's stream. */
export function storedChannels(
  subjects: Iterable<string>,
): ReadonlyMap<OwnerId, readonly (Channel | DirectLane)[]> {
  const found = new Map<OwnerId, (Channel | DirectLane)[]>();
  for (const text of subjects) {
    const subject = parseSubject(text);
    if (subject?.kind !== "dlv") continue;
    const channels = found.get(subject.owner) ?? [];
    channels.push(subject.channel);
    found.set(subject.owner, channels);
  }
  return found;
}
