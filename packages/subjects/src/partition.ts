import { CotalError } from "./error.ts";
import { quoted } from "./token.ts";

/** The shard in `[0, count)` that a key belongs to: FNV-1a over its UTF-16 units, the same for ever. */
export function partition(count: number, key: string): number {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CotalError("bad-number", `${quoted(count)} is not a number of shards`, {
      hint: "use 1 or more",
    });
  }
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0) % count;
}
