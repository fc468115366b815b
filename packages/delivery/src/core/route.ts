import { isDue, type MemberRecord } from "@cotal/registries";
import type { Channel, OwnerId } from "@cotal/subjects";

/** An owner of this shard that a post is for, and why. */
export interface Due {
  readonly owner: OwnerId;
  readonly reason: "member" | "mention";
  /** Of the membership; 0 for a mention. */
  readonly generation: number;
}

/** What is known now of channels, members and names. */
export interface RouteView {
  /** Whether the channel is durable. */
  isDurable(channel: Channel): boolean;
  /** The memberships of the shard's owners, at most one for an owner. */
  membersOf(channel: Channel): Iterable<MemberRecord>;
  /** The one owner that a name or an id means. */
  resolve(name: string): OwnerId | undefined;
  /** Whether the shard is that of the owner. */
  isLocal(owner: OwnerId): boolean;
}

export interface Routed {
  readonly seq: number;
  readonly sender: OwnerId;
  readonly channel: Channel;
  readonly mentions: readonly string[];
}

/** For whom a post is, in the order of their ids. Nobody stands there twice, and the sender not at all. */
export function route({ seq, sender, channel, mentions }: Routed, view: RouteView): readonly Due[] {
  const dues = new Map<OwnerId, Due>();
  if (view.isDurable(channel)) {
    for (const member of view.membersOf(channel)) {
      const { owner, generation } = member;
      if (owner !== sender && isDue(member, seq)) dues.set(owner, { owner, reason: "member", generation });
    }
  }
  for (const name of mentions) {
    const owner = view.resolve(name);
    if (owner === undefined || owner === sender || dues.has(owner) || !view.isLocal(owner)) continue;
    dues.set(owner, { owner, reason: "mention", generation: 0 });
  }
  return [...dues.values()].sort(byOwner);
}

function byOwner({ owner: a }: Due, { owner: b }: Due): number {
  return a < b ? -1 : Number(a > b);
}
