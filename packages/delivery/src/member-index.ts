import type { MemberPlace, MemberRecord } from "@cotal/registries";
import type { Channel, OwnerId } from "@cotal/subjects";

/** Memberships, to be found by channel and by owner; those that have ended among them. */
export interface MemberIndex {
  /** `undefined` removes it. The answer is whose it is, and where. */
  put(key: string, record: MemberRecord | undefined): MemberPlace;
  get(owner: OwnerId, channel: Channel): MemberRecord | undefined;
  ofChannel(channel: Channel): Iterable<MemberRecord>;
  ofOwner(owner: OwnerId): Iterable<MemberRecord>;
  all(): Iterable<MemberRecord>;
}

type Rows<Key> = Map<string, Map<Key, MemberRecord>>;

const ownerLength = 56;

export function createMemberIndex(): MemberIndex {
  const byChannel: Rows<OwnerId> = new Map();
  const byOwner: Rows<Channel> = new Map();
  return {
    put: (key, record) => {
      const owner = key.slice(0, ownerLength) as OwnerId;
      const channel = key.slice(ownerLength + 1) as Channel;
      set(byChannel, channel, owner, record);
      set(byOwner, owner, channel, record);
      return { owner, channel };
    },
    get: (owner, channel) => byOwner.get(owner)?.get(channel),
    ofChannel: (channel) => byChannel.get(channel)?.values() ?? [],
    ofOwner: (owner) => byOwner.get(owner)?.values() ?? [],
    all: function* () {
      for (const rows of byOwner.values()) yield* rows.values();
    },
  };
}

function set<Key>(rows: Rows<Key>, outer: string, inner: Key, record: MemberRecord | undefined): void {
  const row = rows.get(outer) ?? new Map<Key, MemberRecord>();
  if (record) row.set(inner, record);
  else row.delete(inner);
  if (row.size > 0) rows.set(outer, row);
  else rows.delete(outer);
}
