import {
  brokerError,
  type Capability,
  createKeyedTurns,
  type Health,
  type KeyedTurns,
  type Session,
} from "@cotal/session";
import { asChannelPattern, type Channel, type ChannelPattern, CotalError, isChannel } from "@cotal/subjects";
import type { Intake } from "./arrival.ts";
import { type CatchUpDeps, type CaughtUp, catchUp } from "./catch-up.ts";
import { type ChannelFeed, createChannelFeed, type OpenFeed } from "./channel-feed.ts";
import type { ChannelState, JoinResult } from "./channel-state.ts";
import { type ChannelStatus, createChannelStatus } from "./channel-status.ts";
import type { Core } from "./core.ts";
import { type DeliveryService, isCode } from "./delivery-service.ts";
import { createLiveBudget } from "./live-budget.ts";
import { createMemberships, type Memberships } from "./memberships.ts";
import type { PastReader, SpaceViews } from "./parts.ts";
import type { Rejections } from "./rejections.ts";
import { followWatermark } from "./watermark.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The channels of an endpoint: what it listens to, and what is kept for it while it is away. */
export interface Channels extends Capability {
  /** Rejects with `not-allowed` when the broker refuses; nothing is joined then. */
  join(channel: string, options?: WaitOptions): Promise<JoinResult>;
  /** Rejects when a membership cannot be ended now; the channel is still joined then. */
  leave(channel: string): Promise<{ readonly left: boolean }>;
  joined(): readonly ChannelPattern[];
  /** Of the joined ones, and of those whose membership is still to be ended. */
  states(): readonly ChannelState[];
}

export interface ChannelsDeps {
  readonly intake: Pick<Intake, "offer">;
  readonly rejections: Rejections;
  readonly views: SpaceViews;
  readonly past: PastReader;
  readonly service: DeliveryService;
  /** Whether a copy that is stored now would come. */
  readonly isServed: () => boolean;
}

export interface ChannelsOptions {
  /** Joined from the start. */
  readonly boot: readonly ChannelPattern[];
}

/** Of what all feeds together keep back while they catch up. */
const holdLimits = { maxLiveMessages: 10_000, maxLiveBytes: 16 * 1024 ** 2 };

export function createChannels(core: Core, deps: ChannelsDeps, { boot }: ChannelsOptions): Channels {
  return new JoinedChannels(core, deps, boot);
}

class JoinedChannels implements Channels {
  readonly name = "channels";
  readonly required = false;
  readonly #core: Core;
  readonly #deps: ChannelsDeps;
  readonly #feeds = new Map<ChannelPattern, ChannelFeed>();
  readonly #memberships: Memberships;
  readonly #inTurn: KeyedTurns = createKeyedTurns();
  readonly #catchUpDeps: CatchUpDeps;
  readonly #newFeed: (channel: ChannelPattern) => ChannelFeed;
  readonly #status: ChannelStatus;
  /** Whose memberships follow their class from now on: those that have caught up once. */
  readonly #followed = new Set<ChannelPattern>();
  #heard = false;

  constructor(core: Core, deps: ChannelsDeps, boot: readonly ChannelPattern[]) {
    const { intake, rejections, views, past, service } = deps;
    this.#core = core;
    this.#deps = deps;
    this.#memberships = createMemberships(core, {
      service,
      past,
      onChange: (channel) => this.#status.look(channel),
    });
    const { isServed } = deps;
    this.#status = createChannelStatus(core, {
      feeds: this.#feeds,
      memberships: this.#memberships,
      views,
      isServed,
    });
    this.#catchUpDeps = {
      intake,
      past,
      views,
      isHeld: ({ channel }) => this.#status.membershipOf(channel)?.durable === "held",
      isAskedFor: ({ channel }) => isChannel(channel) && this.#memberships.isAskedFor(channel),
    };
    const budget = createLiveBudget(holdLimits, (channel, count) =>
      core.events.emit("gap", { channel, count, reason: "slow-reader" }),
    );
    this.#newFeed = (channel) =>
      createChannelFeed(core, channel, {
        intake,
        rejections,
        budget,
        onHeard: () => {
          this.#heard = true;
        },
        onRefused: (error) => this.#refused(channel, error),
      });
    for (const channel of boot) this.#feeds.set(channel, this.#newFeed(channel));
    views.onChannels(() => {
      for (const channel of this.#feeds.keys()) if (this.#followed.has(channel)) this.#follow(channel);
    });
  }

  joined(): readonly ChannelPattern[] {
    return [...this.#feeds.keys()];
  }

  states(): readonly ChannelState[] {
    return this.#status.states();
  }

  health(): Health {
    return this.#status.health();
  }

  async join(name: string, { signal }: WaitOptions = {}): Promise<JoinResult> {
    const channel = asChannelPattern(name);
    return this.#inTurn(channel, async () => {
      signal?.throwIfAborted();
      if (this.#feeds.has(channel)) return this.#resultOf(channel, { count: 0 });
      const { kind } = this.#status.durabilityOf(channel);
      const feed = this.#newFeed(channel);
      const session = this.#core.session();
      const askFrontier = () => this.#deps.past.frontier(session, channel);
      const opened = feed.open(session);
      // A membership begins there; for any other channel it is learned with the next refresh. The broker takes
      // what one connection says in that order, so the subscription stands when it looks.
      const asked = kind === "durable" ? toldLater(askFrontier()) : undefined;
      const opening = await opened;
      this.#feeds.set(channel, feed);
      try {
        const frontier = asked ? async () => (await asked)() : askFrontier;
        const frontierSpared = asked === undefined;
        this.#heard ||= frontierSpared;
        const work = { feed, opening, frontier, frontierSpared, signal };
        const caughtUp = await catchUp(this.#core, work, this.#catchUpDeps);
        this.#requireJoined(feed);
        this.#reconcile(channel, caughtUp.frontier);
        if (isChannel(channel)) await this.#memberships.settled(channel, signal);
        this.#requireJoined(feed);
        this.#tellJoined(channel);
        return this.#resultOf(channel, caughtUp);
      } catch (error) {
        await this.#forget(channel);
        if (isChannel(channel)) this.#memberships.end(channel);
        throw error;
      }
    });
  }

  async leave(name: string): Promise<{ readonly left: boolean }> {
    const channel = asChannelPattern(name);
    return this.#inTurn(channel, async () => {
      if (!this.#feeds.has(channel)) return { left: false };
      const durable = this.#status.durabilityOf(channel);
      if (durable.kind === "durable") await this.#memberships.leave(durable.channel);
      await this.#forget(channel);
      this.#core.events.emit("channel", { kind: "left", channel });
      return { left: true };
    });
  }

  async attach(session: Session): Promise<void> {
    const reopening = [...this.#feeds.values()].map((feed) => this.#reopen(feed, session));
    const reopened = (await Promise.all(reopening)).flat();
    const frontier = await this.#frontierOf(session, reopened);
    await this.#deps.views.known(session);
    session.scope.spawn("channels", () => this.#catchUpAll(session, reopened, frontier));
    this.#memberships.attach(session);
    followWatermark(session, {
      past: this.#deps.past,
      anyChannel: () => this.joined()[0],
      takeHeard: () => {
        const heard = this.#heard;
        this.#heard = false;
        return heard;
      },
      onSeen: (seq) => {
        for (const feed of this.#feeds.values()) feed.advance(session, seq);
      },
    });
  }

  /** Opens a feed on a new connection; gives nothing when the broker refuses it. */
  async #reopen(feed: ChannelFeed, session: Session): Promise<readonly Reopened[]> {
    try {
      return [{ feed, opening: await feed.open(session), isFirst: feed.watermark === undefined }];
    } catch (error) {
      if (!isCode(error, "not-allowed")) throw error;
      await this.#deps.views.known(session);
      this.#refused(feed.channel, brokerError(error));
      return [];
    }
  }

  /** One for all feeds, read before the link is live: what is posted then is heard. */
  async #frontierOf(session: Session, [first]: readonly Reopened[]): Promise<Frontier> {
    if (!first) return async () => 0;
    return await toldLater(this.#deps.past.frontier(session, first.feed.channel));
  }

  async #catchUpAll(session: Session, reopened: readonly Reopened[], frontier: Frontier): Promise<void> {
    await this.#core.untilLive(session.scope.signal);
    const found = await this.#memberships.find(
      reopened.flatMap(({ feed, isFirst }) => (isFirst ? this.#durable(feed) : [])),
    );
    for (const { feed, opening, isFirst } of reopened) {
      const { channel } = feed;
      const mayBeHeld = isFirst && found === "unknown" && this.#durable(feed).length > 0;
      const caughtUp = await catchUp(this.#core, { feed, opening, frontier, mayBeHeld }, this.#catchUpDeps);
      if (session.scope.signal.aborted) return;
      if (caughtUp.error) this.#core.fault("channels", caughtUp.error);
      if (this.#feeds.get(channel) !== feed) continue;
      this.#follow(channel, caughtUp.frontier);
      if (isFirst) this.#tellJoined(channel);
    }
  }

  /** The channel of a feed of which copies are to be kept; none while that is not known. */
  #durable({ channel }: ChannelFeed): readonly Channel[] {
    try {
      const durable = this.#status.durabilityOf(channel);
      return durable.kind === "durable" ? [durable.channel] : [];
    } catch (error) {
      this.#core.fault("channels", error);
      return [];
    }
  }

  /** It may have been refused while something else was waited for. */
  #requireJoined(feed: ChannelFeed): void {
    const { channel } = feed;
    if (this.#feeds.get(channel) === feed) return;
    throw new CotalError("not-allowed", `the right to read ${channel} was taken away during the join`, {
      hint: "ask the operator for the right to read this channel",
      data: { channel },
    });
  }

  #tellJoined(channel: ChannelPattern): void {
    this.#core.events.emit("channel", { kind: "joined", channel, state: this.#status.stateOf(channel) });
  }

  /** The broker does not let this endpoint listen any more. Leaving needs no right to read. */
  #refused(channel: ChannelPattern, error: CotalError): void {
    if (!this.#feeds.has(channel)) return;
    void this.#forget(channel).catch((failure) => this.#core.fault("channels", failure));
    if (isChannel(channel)) this.#memberships.end(channel);
    const state = this.#status.membershipOf(channel) ? this.#status.stateOf(channel) : undefined;
    this.#core.events.emit("channel", { kind: "refused", channel, error, state });
  }

  async #forget(channel: ChannelPattern): Promise<void> {
    const feed = this.#feeds.get(channel);
    this.#feeds.delete(channel);
    this.#followed.delete(channel);
    this.#status.look(channel);
    await feed?.close();
  }

  /** Has the membership of a joined channel follow its class. */
  #reconcile(channel: ChannelPattern, since?: number): void {
    this.#followed.add(channel);
    const durable = this.#status.durabilityOf(channel);
    if (durable.kind === "durable") this.#memberships.want(durable.channel, since);
    else if (isChannel(channel)) this.#memberships.end(channel);
    this.#status.look(channel);
  }

  /** What cannot be told now is told by a later change. */
  #follow(channel: ChannelPattern, since?: number): void {
    try {
      this.#reconcile(channel, since);
    } catch (error) {
      this.#core.fault("channels", error);
    }
  }

  #resultOf(channel: ChannelPattern, { count, error }: CaughtUp): JoinResult {
    const { durable, reason, generation } = this.#status.stateOf(channel);
    return { joined: true, backfill: { count, error }, durable, reason, generation };
  }
}

type Frontier = () => Promise<number>;

/** Whoever looks hears of a failure then, and not before. */
function toldLater(asked: Promise<number>): Promise<Frontier> {
  return asked.then(
    (seq) => async () => seq,
    (error) => () => Promise.reject(error),
  );
}

interface Reopened {
  readonly feed: ChannelFeed;
  readonly opening: OpenFeed;
  /** It was never followed before. */
  readonly isFirst: boolean;
}
