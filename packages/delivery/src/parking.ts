import type { OwnerId } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { ingestSubject, type Outgoing } from "./core/copy.ts";
import { encodeParked, isParked, nothingParked, type Parked, type Pointer, park } from "./core/parked.ts";
import { gapsOf } from "./core/quota.ts";
import type { ShardPlace } from "./shard-place.ts";
import type { ShardStats } from "./shard-stats.ts";

/**
 * What is kept for owners beside their copies: entries of those whose rights are not known, and gaps that are still
 * to be told. Each change answers what has to be written for it; until then it holds in memory alone.
 */
export interface Parking {
  /** The entries of an owner; most have none. */
  of(owner: OwnerId): Parked | undefined;
  /** Who has entries. */
  owners(): readonly OwnerId[];
  /** What an owner is to be told. */
  gapsOf(owner: OwnerId): readonly GapMarker[];
  /** Who is to be told something. */
  indebted(): readonly OwnerId[];
  /** Keeps one more entry, unless it is there already. */
  park(owner: OwnerId, pointer: Pointer): Outgoing | undefined;
  /** Puts other entries in the place of those that are kept. */
  replace(owner: OwnerId, parked: Pick<Parked, "pointers" | "from">): Outgoing;
  owe(owner: OwnerId, gaps: readonly GapMarker[]): Outgoing;
  /** Exactly this is owed. */
  oweOnly(owner: OwnerId, gaps: readonly GapMarker[]): Outgoing;
  /** Nothing is owed any more. */
  told(owner: OwnerId): Outgoing;
  forget(owner: OwnerId): Outgoing;
  /** Whether something is kept for the owner. */
  holds(owner: OwnerId): boolean;
  load(owner: OwnerId, kept: Parked): void;
}

export function createParking(place: ShardPlace, stats: ShardStats): Parking {
  const lists = new Map<OwnerId, Parked>();
  const parkedOwners = (): OwnerId[] =>
    [...lists].filter(([, list]) => isParked(list)).map(([owner]) => owner);

  const load = (owner: OwnerId, list: Parked): void => {
    const before = isParked(lists.get(owner) ?? nothingParked);
    if (isParked(list) || (list.gaps?.length ?? 0) > 0) lists.set(owner, list);
    else lists.delete(owner);
    stats.parked += Number(isParked(list)) - Number(before);
  };
  const write = (owner: OwnerId, list: Parked): Outgoing => {
    load(owner, list);
    const message = {
      subject: ingestSubject(place, { kind: "dinbox", space: place.space, owner }),
      headers: rollup(),
      // What stands there when it is sent: nothing that was added meanwhile is overwritten.
      get data(): Uint8Array {
        return Buffer.from(encodeParked(lists.get(owner) ?? nothingParked));
      },
    };
    return { owner, message, bytes: roughBytes(list), replaces: true };
  };
  const listOf = (owner: OwnerId): Parked => lists.get(owner) ?? nothingParked;

  return {
    of: (owner) => {
      const list = lists.get(owner);
      return list && isParked(list) ? list : undefined;
    },
    owners: parkedOwners,
    gapsOf: (owner) => listOf(owner).gaps ?? [],
    indebted: () => [...lists].filter(([, { gaps = [] }]) => gaps.length > 0).map(([owner]) => owner),
    park: (owner, pointer) => {
      const before = listOf(owner);
      const after = park(before, pointer);
      return after === before ? undefined : write(owner, after);
    },
    replace: (owner, { pointers, from }) => write(owner, { pointers, from, gaps: listOf(owner).gaps }),
    owe: (owner, gaps) => {
      const list = listOf(owner);
      const [latest] = gaps;
      return write(owner, { ...list, gaps: gapsOf([...(list.gaps ?? []), ...gaps], latest?.reason ?? "") });
    },
    oweOnly: (owner, gaps) => write(owner, { ...listOf(owner), gaps }),
    told: (owner) => write(owner, { ...listOf(owner), gaps: undefined }),
    forget: (owner) => write(owner, nothingParked),
    holds: (owner) => lists.has(owner),
    load,
  };
}

function roughBytes({ pointers, gaps = [] }: Parked): number {
  return 300 + pointers.length * 32 + gaps.length * 200;
}

function rollup(): MsgHdrs {
  const set = headers();
  set.set("Nats-Rollup", "sub");
  return set;
}
