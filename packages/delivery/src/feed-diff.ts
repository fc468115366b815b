import type { MemberRecord } from "@cotal/registries";
import {
  asChannelPattern,
  type Channel,
  type ChannelPattern,
  formatPattern,
  isChannelPattern,
  isOwnerId,
  type Token,
} from "@cotal/subjects";

/** Where one peer is. */
export interface FeedRow {
  readonly live: readonly ChannelPattern[];
  readonly durable: readonly Channel[];
}

/** A connection, as the broker lists it. */
export interface SeenConnection {
  /** The id of its credential. */
  readonly authorized_user?: string;
  readonly subscriptions_list?: readonly string[];
}

/** More of either is not shown of one peer. */
const mostShown = 200;

/** Where everybody is that is anywhere. Whoever hears the whole space is a tap, and shows in no channel. */
export function feedRows(
  space: Token,
  connections: readonly SeenConnection[],
  members: readonly Pick<MemberRecord, "owner" | "channel" | "state">[],
): ReadonlyMap<string, FeedRow> {
  const live = new Map<string, Set<ChannelPattern>>();
  const durable = new Map<string, Set<Channel>>();
  for (const { authorized_user: id = "", subscriptions_list: subjects = [] } of connections) {
    if (!isOwnerId(id)) continue;
    for (const subject of subjects) {
      const pattern = patternOf(space, subject);
      if (pattern !== undefined) addTo(live, id, pattern);
    }
  }
  for (const { owner, channel, state } of members) {
    if (state === "durable-active") addTo(durable, owner, channel);
  }
  const ids = new Set([...live.keys(), ...durable.keys()]);
  return new Map(
    [...ids].map((id) => [id, { live: listOf(live.get(id)), durable: listOf(durable.get(id)) }]),
  );
}

export interface FeedChanges {
  readonly put: readonly (readonly [id: string, row: FeedRow])[];
  readonly remove: readonly string[];
}

/** What has to be written so that what stands is what is wanted. `undefined` stands where a row cannot be read. */
export function diffFeed(
  standing: ReadonlyMap<string, FeedRow | undefined>,
  wanted: ReadonlyMap<string, FeedRow>,
): FeedChanges {
  return {
    put: [...wanted].filter(([id, row]) => !isSame(standing.get(id), row)),
    remove: [...standing.keys()].filter((id) => !wanted.has(id)),
  };
}

/** The channels that a subscription hears; `undefined` when it hears none, or all. */
function patternOf(space: Token, subject: string): ChannelPattern | undefined {
  const all = formatPattern({ kind: "chat", space, sender: "*", channel: asChannelPattern(">") });
  const prefix = all.slice(0, -1);
  const channels = subject.slice(prefix.length);
  if (!subject.startsWith(prefix) || channels === ">") return undefined;
  return isChannelPattern(channels) ? channels : undefined;
}

function addTo<T>(sets: Map<string, Set<T>>, id: string, one: T): void {
  const set = sets.get(id);
  if (set) set.add(one);
  else sets.set(id, new Set([one]));
}

function listOf<T extends string>(set: ReadonlySet<T> = new Set()): readonly T[] {
  return [...set].sort().slice(0, mostShown);
}

function isSame(one: FeedRow | undefined, other: FeedRow): boolean {
  return one !== undefined && isSameList(one.live, other.live) && isSameList(one.durable, other.durable);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry, at) => entry === other[at]);
}
