import { asChannelPattern, CotalError, quoted } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { PastPost, PastReader } from "./parts.ts";
import { type PastMessage, toPastMessage } from "./past-message.ts";

export interface HistoryOptions {
  /** The newest so many; 100 unless given. */
  readonly limit?: number | undefined;
  /** Not older than this moment, in ms of broker time. */
  readonly since?: number | undefined;
  /** Only what was stored before this sequence. */
  readonly before?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was said in a channel, or in all that a pattern matches, oldest first; own posts as well. */
export type History = (channel: string, options?: HistoryOptions) => Promise<readonly PastMessage[]>;

const maxLimit = 10_000;
/** Posts that are refused leave room for older ones, which are looked for so often, ever farther back. */
const maxReads = 8;
const leastAgain = 128;

export function createHistory(core: Core, past: PastReader): History {
  return async (name, { limit = 100, since, before, signal } = {}) => {
    const channel = asChannelPattern(name);
    requireWhole("limit", limit, { least: 1, most: maxLimit });
    if (since !== undefined) requireWhole("since", since, { least: 0, most: latestMs });
    if (before !== undefined) requireWhole("before", before, { least: 1, most: Number.MAX_SAFE_INTEGER });
    signal?.throwIfAborted();
    const session = core.session();
    const range = { name: "history", channel, since, keep: "newest", own: true, signal } as const;
    let posts: readonly PastPost[] = [];
    let upTo = (before ?? Number.POSITIVE_INFINITY) - 1;
    for (let read = 0; read < maxReads && posts.length < limit && upTo > 0; read++) {
      const wanted = read === 0 ? limit : leastAgain * 2 ** read;
      const older = await past.read(session, { ...range, upTo, limit: wanted });
      posts = [...older.posts, ...posts].slice(-limit);
      upTo = older.whole ? 0 : older.from - 1;
    }
    return posts.map(toPastMessage);
  };
}

/** The last moment that a date can name. */
const latestMs = 8.64e15;

export function requireWhole(
  what: string,
  value: number,
  { least, most }: { readonly least: number; readonly most: number },
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new CotalError("bad-options", `${quoted(String(value))} cannot be the ${what} of what is read back`, {
    hint: `use a whole number from ${least} to ${most}`,
  });
}
