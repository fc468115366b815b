/** What a shard has done since its leader took over. Plain numbers; who shows them reads them at any time. */
export interface ShardStats {
  /** How far CHAT is served, and how far it goes as far as is known. */
  position: number;
  chatLast: number;
  batches: number;
  copies: number;
  /** By reason. */
  readonly drops: Record<string, number>;
  deferrals: number;
  /** Owners that have parked entries now. */
  parked: number;
  fenceRejections: number;
  /** Times that the stream was full. */
  full: number;
  commitMs: { last: number; sum: number };
  purgeMs: { last: number; sum: number };
  gaps: number;
  /** Times that an owner gave something up. */
  dead: number;
  /** The longest waiting copies, of the worst owners. */
  oldestUnacked: readonly { readonly owner: string; readonly ageMs: number }[];
}

export function newShardStats(): ShardStats {
  return {
    position: 0,
    chatLast: 0,
    batches: 0,
    copies: 0,
    drops: {},
    deferrals: 0,
    parked: 0,
    fenceRejections: 0,
    full: 0,
    commitMs: { last: 0, sum: 0 },
    purgeMs: { last: 0, sum: 0 },
    gaps: 0,
    dead: 0,
    oldestUnacked: [],
  };
}

export function countDrop(stats: ShardStats, reason: string): void {
  stats.drops[reason] = (stats.drops[reason] ?? 0) + 1;
}
