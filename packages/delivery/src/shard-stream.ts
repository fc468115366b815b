import { requestApi, type Session } from "@cotal/session";
import {
  type Channel,
  type DirectLane,
  formatPattern,
  formatSubject,
  type OwnerId,
  parseSubject,
} from "@cotal/subjects";
import { copiesFilter, type ShardPlace, shardStream } from "./shard-place.ts";
import type { ShardStats } from "./shard-stats.ts";
import { readStored, type StoredMessage } from "./stored-message.ts";

/** What is stored for one owner, by channel. */
export type StoredCounts = ReadonlyMap<Channel | DirectLane, number>;

/** The stream of a shard, read and purged; it is written by the fenced writer alone. */
export interface ShardStream {
  /** How much it holds, and how much it takes. */
  size(): Promise<{ readonly bytes: number; readonly maxBytes: number; readonly messages: number }>;
  /** Of everybody. */
  counts(): Promise<ReadonlyMap<OwnerId, StoredCounts>>;
  countsOf(owner: OwnerId): Promise<StoredCounts>;
  /** The first copy from this place on, of one owner or of any. */
  copyFrom(seq: number, owner: OwnerId | "*"): Promise<StoredMessage | undefined>;
  /** Whose pointers are stored. */
  parkedOwners(): Promise<readonly OwnerId[]>;
  pointersOf(owner: OwnerId): Promise<StoredMessage | undefined>;
  /** Removes what is stored for an owner: of one channel, or up to a place, or all. The answer is how much. */
  purgeCopies(
    owner: OwnerId,
    which?: { readonly channel?: Channel; readonly upTo?: number },
  ): Promise<number>;
  purgePointers(owner: OwnerId): Promise<void>;
}

interface StreamInfo {
  readonly config: { readonly max_bytes: number };
  readonly total?: number;
  readonly state: {
    readonly bytes: number;
    readonly messages: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
}

export interface ShardStreamOptions {
  readonly place: ShardPlace;
  readonly stats: ShardStats;
  /**
   * The last checkpoint of who purges. No fence holds back a purge, so it never reaches what a successor stores,
   * however late it comes.
   */
  readonly fence: () => number;
}

export function openShardStream(session: Session, { place, stats, fence }: ShardStreamOptions): ShardStream {
  const stream = shardStream(place);
  const { space } = place;
  const pointers = (owner: OwnerId | "*"): string => formatPattern({ kind: "dinbox", space, owner });
  const info = (body?: object): Promise<StreamInfo> => requestApi(session, `STREAM.INFO.${stream}`, body);

  const subjects = async (filter: string): Promise<readonly (readonly [string, number])[]> => {
    const all: (readonly [string, number])[] = [];
    for (;;) {
      const { state, total = 0 } = await info({ subjects_filter: filter, offset: all.length });
      const page = Object.entries(state.subjects ?? {});
      all.push(...page);
      if (page.length === 0 || all.length >= total) return all;
    }
  };
  const purge = async (filter: string, upTo = Number.POSITIVE_INFINITY): Promise<number> => {
    const began = session.clock.uptime();
    const { purged } = await requestApi<{ readonly purged: number }>(session, `STREAM.PURGE.${stream}`, {
      filter,
      seq: Math.min(upTo, fence()) + 1,
    });
    stats.purgeMs.last = session.clock.uptime() - began;
    stats.purgeMs.sum += stats.purgeMs.last;
    return purged;
  };

  return {
    size: async () => {
      const { state, config } = await info();
      return { bytes: state.bytes, messages: state.messages, maxBytes: config.max_bytes };
    },
    counts: async () => group(await subjects(copiesFilter(place, "*"))),
    countsOf: async (owner) =>
      group(await subjects(copiesFilter(place, owner))).get(owner) ?? new Map<Channel | DirectLane, number>(),
    copyFrom: (seq, owner) => readStored(session, stream, { next_by_subj: copiesFilter(place, owner), seq }),
    parkedOwners: async () => {
      const found = await subjects(pointers("*"));
      return found.flatMap(([subject]) => {
        const parsed = parseSubject(subject);
        return parsed?.kind === "dinbox" ? [parsed.owner] : [];
      });
    },
    pointersOf: (owner) => readStored(session, stream, { last_by_subj: pointers(owner) }),
    purgeCopies: (owner, { channel, upTo } = {}) =>
      purge(
        channel === undefined
          ? copiesFilter(place, owner)
          : formatSubject({ kind: "dlv", space, owner, channel }),
        upTo,
      ),
    purgePointers: async (owner) => {
      await purge(pointers(owner));
    },
  };
}

function group(found: readonly (readonly [string, number])[]): ReadonlyMap<OwnerId, StoredCounts> {
  const owners = new Map<OwnerId, Map<Channel | DirectLane, number>>();
  for (const [subject, count] of found) {
    const parsed = parseSubject(subject);
    if (parsed?.kind !== "dlv") continue;
    const channels = owners.get(parsed.owner) ?? new Map<Channel | DirectLane, number>();
    channels.set(parsed.channel, count);
    owners.set(parsed.owner, channels);
  }
  return owners;
}
