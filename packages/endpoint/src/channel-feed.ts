import { type Session, subscribe } from "@cotal/session";
import { type ChannelPattern, type CotalError, formatPattern, subjectMatches } from "@cotal/subjects";
import type { Accepted } from "@cotal/wire";
import type { Intake } from "./arrival.ts";
import { createChannelHold } from "./channel-hold.ts";
import type { Core } from "./core.ts";
import type { LiveBudget } from "./live-budget.ts";
import { liveRoute } from "./live-route.ts";
import type { Rejections } from "./rejections.ts";

/** A channel, or a pattern, that is listened to on one connection after the other. */
export interface ChannelFeed {
  readonly channel: ChannelPattern;
  /** The broker has confirmed the subscription, and the connection stands. */
  readonly live: boolean;
  /** Up to here everything of the channel stream was seen; absent before the first time. */
  readonly watermark: number | undefined;
  /** Subscribes, and keeps back what arrives. Rejects with `not-allowed` when the broker refuses. */
  open(session: Session): Promise<OpenFeed>;
  /** On this connection everything up to here was heard. Without effect before the feed has caught up on it. */
  advance(session: Session, upTo: number): void;
  close(): Promise<void>;
}

/** A feed on one connection. */
export interface OpenFeed {
  readonly session: Session;
  /** Whether it was heard on this connection, and is kept back. */
  holds(accepted: Accepted): boolean;
  /** Lets flow what was kept back. */
  flow(): void;
  /** It has caught up: up to here everything was seen. Without effect on a connection that another has replaced. */
  caughtUp(upTo: number): void;
}

export interface ChannelFeedDeps {
  readonly intake: Pick<Intake, "offer">;
  readonly rejections: Rejections;
  /** Of what all feeds keep back together. */
  readonly budget: LiveBudget;
  readonly onHeard: () => void;
  /** The broker has taken the subscription away. */
  readonly onRefused: (error: CotalError) => void;
}

interface Current {
  readonly session: Session;
  readonly release: () => Promise<void>;
  isCaughtUp: boolean;
}

export function createChannelFeed(core: Core, channel: ChannelPattern, deps: ChannelFeedDeps): ChannelFeed {
  const { intake, rejections, budget, onHeard, onRefused } = deps;
  let offer: Intake["offer"] = intake.offer;
  const route = liveRoute(core, { offer: (arrival) => offer(arrival) }, rejections);
  let current: Current | undefined;
  let watermark: number | undefined;

  return {
    channel,
    get live() {
      return current !== undefined && !current.session.scope.signal.aborted;
    },
    get watermark() {
      return watermark;
    },
    open: async (session) => {
      const hold = createChannelHold(intake, budget);
      offer = hold.offer;
      const hear = route(session, (given) => given === channel || subjectMatches(channel, given));
      const onMessage: typeof hear = (message) => {
        onHeard();
        hear(message);
      };
      const subject = formatPattern({ kind: "chat", space: core.space, sender: "*", channel });
      const unsubscribe = await subscribe(session, { subject, onMessage, onRefused }).catch((error) => {
        hold.drop();
        throw error;
      });
      // A connection that is lost in between does not take along what was heard on it.
      const settle = session.scope.defer(hold.flow);
      const release = async (): Promise<void> => {
        hold.drop();
        await settle();
        await unsubscribe();
      };
      const mine: Current = { session, release, isCaughtUp: false };
      current = mine;
      return {
        session,
        holds: hold.holds,
        flow: hold.flow,
        caughtUp: (upTo) => {
          mine.isCaughtUp = true;
          if (current === mine) watermark = upTo;
        },
      };
    },
    advance: (session, upTo) => {
      if (current?.session !== session || !current.isCaughtUp) return;
      watermark = Math.max(watermark ?? 0, upTo);
    },
    close: async () => {
      const closed = current;
      current = undefined;
      await closed?.release();
    },
  };
}
