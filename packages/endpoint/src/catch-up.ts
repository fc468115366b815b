import { brokerError } from "@cotal/session";
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
}

export interface CatchUp {
  readonly feed: ChannelFeed;
  readonly opening: OpenFeed;
  /** Learns the last sequence of the stream, now that the subscription stands. */
  readonly frontier: () => Promise<number>;
  readonly signal?: AbortSignal | undefined;
}

export interface CaughtUp {
  readonly count: number;
  /** As far as it was learned. */
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
    // Reading begins while the frontier is on its way; whichever fails, the other is heard to its end.
    const asked = work.frontier();
    const reading = readBack(core, { ...work, upTo: asked }, deps);
    await Promise.allSettled([asked, reading]);
    frontier = await asked;
    const { count, missed } = await reading;
    if (missed) tellGap(frontier);
    opening.caughtUp(frontier);
    return { count, frontier };
  } catch (failure) {
    if (signal && failure === signal.reason) throw failure;
    // A connection that was lost is followed by another, which begins at the same place again.
    if (!opening.session.scope.signal.aborted) {
      tellGap(frontier);
      if (frontier !== undefined) opening.caughtUp(frontier);
    }
    return { count: 0, frontier, error: brokerError(failure) };
  } finally {
    opening.flow();
  }
}

async function readBack(
  core: Core,
  { feed, opening, upTo, signal }: CatchUp & { readonly upTo: Promise<number> },
  { intake, past, views, isHeld }: CatchUpDeps,
): Promise<{ readonly count: number; readonly missed: boolean }> {
  const { channel, watermark: after } = feed;
  const { replay, replayWindow } = views.channelConfig(channel);
  if (!replay || isHeld(feed)) {
    await upTo;
    return { count: 0, missed: !isHeld(feed) };
  }
  const since =
    replayWindow === undefined
      ? undefined
      : Math.max(0, core.brokerClock.now() - replayWindowMs(replayWindow));
  const { posts, missed } = await past.read(opening.session, {
    name: "backfill",
    channel,
    after,
    upTo,
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
  for (const post of wanted) intake.offer(arrivalOf(post, opening.holds(post.accepted)));
  return { count: wanted.length, missed };
}

/** What was heard as well keeps its place among what was read, and is none of the past. */
function arrivalOf({ accepted, bytes, seq }: PastPost, heard: boolean): Arrival {
  return { accepted, bytes, seq, source: heard ? "live" : "history", historical: !heard, deliveries: 1 };
}
