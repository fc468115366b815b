import { CotalError } from "./error.ts";
import { quoted } from "./token.ts";

export const maxShards = 1024;

/** A shard number as the token it has in subjects and names. */
export function shardToken(shard: number): string {
  const isOne = Number.isSafeInteger(shard) && shard >= 0 && shard < maxShards && !Object.is(shard, -0);
  if (isOne) return String(shard);
  throw new CotalError("bad-number", `${quoted(shard)} is not a shard`, {
    hint: `shards are numbered from 0 to ${maxShards - 1}`,
  });
}
