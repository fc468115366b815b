/** Who leads and who waits, as one daemon sees it. */
export interface ShareSight {
  /** How many shards the space has. */
  readonly shards: number;
  /** This daemon. */
  readonly self: string;
  /** The holder of each lease that stands, by shard. */
  readonly leaders: ReadonlyMap<number, string>;
  /** Whether somebody prepares to serve, or nobody has taken yet, what another has released. */
  readonly unsettled: boolean;
  /** Who is known to wait for a lead. */
  readonly waiting: ReadonlySet<string>;
}

/**
 * Whether the daemon may take this shard. Whoever holds the lease of it now does not count for that: if it can be
 * taken at all, its holder is gone.
 */
export function hasRoom(sight: ShareSight, shard: number): boolean {
  const others = new Map(sight.leaders);
  others.delete(shard);
  return shardsOf({ ...sight, leaders: others }) < share({ ...sight, leaders: others });
}

/** The shard that the daemon gives up now, because it leads more than its share and another waits; one at a time. */
export function shardToGive(sight: ShareSight): number | undefined {
  const { leaders, self, waiting, unsettled } = sight;
  const othersWait = [...waiting].some((holder) => holder !== self);
  if (unsettled || !othersWait || shardsOf(sight) <= share(sight)) return undefined;
  return Math.max(...[...leaders].flatMap(([shard, holder]) => (holder === self ? [shard] : [])));
}

/** Whether the daemon would lead more than it does. */
export function isShort(sight: ShareSight): boolean {
  return shardsOf(sight) < share(sight);
}

/** The most that one daemon leads: an even part, rounded up. */
function share({ shards, leaders, waiting, self }: ShareSight): number {
  const daemons = new Set([...leaders.values(), ...waiting, self]);
  return Math.ceil(shards / daemons.size);
}

function shardsOf({ leaders, self }: ShareSight): number {
  return [...leaders.values()].filter((holder) => holder === self).length;
}
