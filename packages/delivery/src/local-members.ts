import type { MemberRecord } from "@cotal/registries";
import type { Channel, OwnerId } from "@cotal/subjects";
import type { MemberIndex } from "./member-index.ts";
import { isLocal, type ShardPlace } from "./shard-place.ts";

/** The memberships of one shard's owners, ready to be walked through for each post. */
export interface LocalMembers {
  isLocal(owner: OwnerId): boolean;
  /** In the order of the owners' ids. */
  ofChannel(channel: Channel): readonly MemberRecord[];
  /** Something has changed in this channel. */
  forget(channel: Channel): void;
  all(): Iterable<MemberRecord>;
}

const maxRemembered = 10_000;

export function createLocalMembers(index: MemberIndex, place: ShardPlace): LocalMembers {
  const lists = new Map<Channel, readonly MemberRecord[]>();
  const isOurs = ({ owner }: MemberRecord): boolean => isLocal(place, owner);
  return {
    isLocal: (owner) => isLocal(place, owner),
    ofChannel: (channel) => {
      const known = lists.get(channel);
      if (known) return known;
      if (lists.size >= maxRemembered) lists.clear();
      const list = [...index.ofChannel(channel)].filter(isOurs).sort(byOwner);
      lists.set(channel, list);
      return list;
    },
    forget: (channel) => {
      lists.delete(channel);
    },
    all: function* () {
      for (const row of index.all()) if (isOurs(row)) yield row;
    },
  };
}

function byOwner({ owner: a }: MemberRecord, { owner: b }: MemberRecord): number {
  return a < b ? -1 : Number(a > b);
}
