/** A shard and what its owners have waiting in it. */
export interface Crowd {
  /** What its stream holds, with what is to be written. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Of each owner, as estimated. */
  readonly backlogs: Iterable<number>;
}

/** Above it copies have to make room. The rest is for checkpoints, so that one can join and leave at any time. */
const fullAt = 0.8;

/**
 * How many bytes one owner may have in a shard that is nearly full, so that the largest backlogs give way and no
 * others; `undefined` as long as there is room.
 */
export function reliefLevel({ bytes, maxBytes, backlogs }: Crowd): number | undefined {
  const room = maxBytes * fullAt;
  if (bytes <= room) return undefined;
  const sizes = [...backlogs].sort((a, b) => a - b);
  const sum = sizes.reduce((total, size) => total + size, 0);
  // What was estimated may be more or less than what the stream takes for it.
  let left = room * (sum / bytes);
  for (const [at, size] of sizes.entries()) {
    const share = Math.floor(left / (sizes.length - at));
    if (size > share) return share;
    left -= size;
  }
  return undefined;
}
