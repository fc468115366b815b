import { brokerError, errorFields } from "@cotal/session";
import type { CotalError } from "@cotal/subjects";
import type { Arrival, Intake } from "./arrival.ts";
import type { ChannelFeed, OpenFeed } from "./channel-feed.ts";
import type { Core } from "./core.ts";
import type { PastPost, PastReader, SpaceViews } from "./parts.ts";
import { replayWindowMs } from "./replay-window.ts";

export interface CatchUpDeps {
  readonly intake: Pick<Intake, "offer">;
  readonly past: PastReader;
  readonly views: SpaceViews;
  /** Whether copies of what was posted meanwhile come another way: then nothing is read back. */
  readonly isHeld: (feed: ChannelFeed) => boolean;
  /** Whether what is read back will come as copies too: then it is handed over in their place, and is none of the past. */
  readonly isAskedFor: (feed: ChannelFeed) => boolean;
}

export interface CatchUp {
  readonly feed: ChannelFeed;
  readonly opening: OpenFeed;
  /** Learns the last sequence of the stream, now that the subscription stands. */
  readonly frontier: () => Promise<number>;
  /** It may be held from an earlier life of this program: what was missed then would come as copies. */
  readonly mayBeHeld?: boolean;
  /** Where what is read back ends will do; it may be far below the frontier. */
  readonly frontierSpared?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface CaughtUp {
  readonly count: number;
  /** Up to here nothing is left to be read; as far as it was learned. */
  readonly frontier?: number | undefined;
  readonly error?: CotalError | undefined;
}

/** More than this is not read back at once. */
const maxReplay = 10_000;

/**
 * Brings a feed from where everything was seen, or from nowhere, up to the frontier, and lets it flow. What
 * cannot be read back of a feed that was followed before is told as a gap.
 */
export async function catchUp(core: Core, work: CatchUp, deps: CatchUpDeps): Promise<CaughtUp> {
  const { feed, opening, signal } = work;
  const { watermark, channel } = feed;
  const tellGap = (end?: number): void => {
    if (watermark === undefined || watermark === end) return;
    const fromSeq = end === undefined || watermark < end ? watermark + 1 : undefined;
    core.events.emit("gap", { channel, fromSeq, reason: "disconnected" });
  };
  let frontier: number | undefined;
  try {
    const { asked, reading } = begin(core, work, deps);
    await Promise.allSettled([asked, reading]);
    frontier = await asked;
    const { count, missed, upTo } = await reading;
    frontier ??= upTo;
    if (missed) tellGap(frontier);
    opening.caughtUp(frontier);
    return { count, frontier };
  } catch (failure) {
    if (signal && failure === signal.reason) throw failure;
    // A connection that was lost is followed by another, which begins at the same place again.
    if (!opening.session.scope.signal.aborted) {
      if (work.frontierSpared) {
        frontier ??= await work.frontier().catch((cause: unknown) => {
          const fields = { channel, ...errorFields(cause) };
          core.log({ level: "debug", event: "channels.frontier-unknown", fields });
          return undefined;
        });
      }
      tellGap(frontier);
      if (frontier !== undefined) opening.caughtUp(frontier);
    }
    return { count: 0, frontier, error: brokerError(failure) };
  } finally {
    opening.flow();
  }
}

/** Reading begins while the frontier is on its way; whichever fails, the other is to be heard to its end. */
function begin(core: Core, work: CatchUp, deps: CatchUpDeps): Begun {
  const { feed, frontierSpared, frontier, mayBeHeld = false } = work;
  const isHeld = mayBeHeld || deps.isHeld(feed);
  const reads = !isHeld && deps.views.channelConfig(feed.channel).replay;
  const asked = reads && frontierSpared ? undefined : frontier();
  return { asked, reading: reads ? readBack(core, { ...work, upTo: asked }, deps) : unread(isHeld) };
}

interface Begun {
  readonly asked: Promise<number> | undefined;
  readonly reading: Promise<ReadBack>;
}

interface ReadBack {
  readonly count: number;
  readonly missed: boolean;
  /** How far it was read. */
  readonly upTo: number;
}

async function unread(isHeld: boolean): Promise<ReadBack> {
  return { count: 0, missed: !isHeld, upTo: 0 };
}

async function readBack(
  core: Core,
  { feed, opening, upTo: end, signal }: CatchUp & { readonly upTo: Promise<number> | undefined },
  { intake, past, views, isAskedFor }: CatchUpDeps,
): Promise<ReadBack> {
  const { channel, watermark: after } = feed;
  const { replayWindow } = views.channelConfig(channel);
  const since =
    replayWindow === undefined
      ? undefined
      : Math.max(0, core.brokerClock.now() - replayWindowMs(replayWindow));
  const { posts, missed, upTo } = await past.read(opening.session, {
    name: "backfill",
    channel,
    after,
    upTo: end ?? Number.POSITIVE_INFINITY,
    since,
    keep: "newest",
    limit: maxReplay,
    own: false,
    signal,
  });
  // A pattern is read as a whole; what is said of one of its channels holds for its posts all the same.
  const wanted = posts.filter(
    ({ accepted }) => accepted.channel && views.channelConfig(accepted.channel).replay,
  );
  const isOwed = after !== undefined && isAskedFor(feed);
  for (const post of wanted) intake.offer(arrivalOf(post, { heard: opening.holds(post.accepted), isOwed }));
  return { count: wanted.length, missed, upTo };
}

/** What was heard as well keeps its place among what was read, and is none of the past. */
function arrivalOf(
  { accepted, bytes, seq }: PastPost,
  { heard, isOwed }: { readonly heard: boolean; readonly isOwed: boolean },
): Arrival {
  const historical = !heard && !isOwed;
  return { accepted, bytes, seq, source: heard ? "live" : "history", historical, deliveries: 1 };
}
