import { sleep, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Post } from "./post.ts";
import type { Reader } from "./reader.ts";

export interface Listening {
  /** Told about each post, one after the other. */
  readonly onPost: (post: Post) => void;
  /** Read once the ear is open: what is told first, of all that was said up to then. */
  readonly past: () => Promise<Past>;
  /** Ends it; so does the time, where one is given. */
  readonly signal: AbortSignal;
  readonly forMs?: number | undefined;
}

export interface Past {
  readonly posts: readonly Post[];
  /** Whatever else is read back up to here is not told. */
  readonly upTo: number;
}

/** Hands over what is said in the channels, until it is told to end; rejects when it can hear no more. */
export async function listen(
  { endpoint, channels }: Reader,
  { onPost, past, signal, forMs }: Listening,
): Promise<void> {
  const over = new AbortController();
  const heard: Post[] = [];
  let take = (post: Post): void => void heard.push(post);
  const forget = endpoint.on("state", ({ state, error }) => {
    if (state === "stopped") over.abort(error ?? new CotalError("stopped", "the connection has ended"));
  });
  const receiving = endpoint.onMessage(async ({ message, sender, channel, seq, historical }) =>
    take({ message, sender, channel, seq, historical, at: systemClock.now() }),
  );
  try {
    for (const channel of channels) await endpoint.join(channel, { signal });
    const { posts, upTo } = await past();
    for (const post of posts) onPost(post);
    const told = new Set(posts.map(keyOf));
    take = (post) => {
      const isPast = post.historical && post.seq !== undefined && post.seq <= upTo;
      if (!isPast && !told.has(keyOf(post))) onPost(post);
    };
    for (const post of heard) take(post);
    await untilOver({ over: AbortSignal.any([signal, over.signal]), forMs });
    if (over.signal.aborted && !signal.aborted) throw over.signal.reason;
  } finally {
    forget();
    await receiving.stop();
  }
}

function keyOf({ sender, message }: Post): string {
  return `${sender} ${message.id}`;
}

/** How it ended is for the caller to look at. */
async function untilOver({
  over,
  forMs = Number.POSITIVE_INFINITY,
}: {
  readonly over: AbortSignal;
  readonly forMs: number | undefined;
}): Promise<void> {
  const end = systemClock.uptime() + forMs;
  while (!over.aborted && systemClock.uptime() < end) {
    const stepMs = Math.min(lookMs, Math.max(1, end - systemClock.uptime()));
    await Promise.allSettled([sleep(systemClock, stepMs, over)]);
  }
}

const lookMs = 60_000;
