import { asChannel, asChannelPattern, type Channel, CotalError } from "@cotal/subjects";
import type { EffectiveChannelConfig } from "@cotal/wire";
import type { ChannelState } from "./channel-state.ts";
import type { DeliveryService, StoredChannel } from "./delivery-service.ts";
import { isCode } from "./delivery-service.ts";
import type { SpaceViews } from "./parts.ts";
import type { RosterEntry } from "./roster-entry.ts";

/** A member of a channel, and whether it is there now. */
export interface Member {
  readonly id: string;
  /** Its copies are being kept. */
  readonly activated: boolean;
  /** As presence has it; absent when nothing is known of it. */
  readonly peer?: RosterEntry | undefined;
  readonly live: boolean;
}

/** A channel of the space: what is stored of it, and what this endpoint is in it. */
export interface ChannelSummary {
  readonly channel: string;
  /** What holds for it. */
  readonly config: EffectiveChannelConfig;
  /** Absent when nothing is stored of it, and of patterns. */
  readonly stored?: Omit<StoredChannel, "channel"> | undefined;
  /** Absent when it is not joined. */
  readonly own?: ChannelState | undefined;
}

/** Tells of channels what only the delivery service can know. */
export interface ChannelListing {
  members(channel: string): Promise<readonly Member[]>;
  /** In a space without a backstop there is nobody to ask, and it lists the own channels. */
  channels(): Promise<readonly ChannelSummary[]>;
}

export interface ChannelListingDeps {
  readonly service: DeliveryService;
  readonly views: SpaceViews;
  readonly roster: { entries(): readonly RosterEntry[] };
  readonly states: () => readonly ChannelState[];
}

export function createChannelListing(deps: ChannelListingDeps): ChannelListing {
  const { service, views, roster, states } = deps;
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await question();
    } catch (error) {
      throw isCode(error, "no-responders") ? unavailable(error) : error;
    }
  };
  return {
    members: async (name) => {
      const channel: Channel = asChannel(name);
      if (!views.space().backstop) throw unavailable();
      const rows = await ask(() => service.members(channel));
      const peers = new Map(roster.entries().map((entry) => [entry.id, entry]));
      return rows.map(({ id, activated }) => {
        const peer = peers.get(id);
        return { id, activated, peer, live: peer?.live ?? false };
      });
    },
    channels: async () => {
      const own = new Map(states().map((state) => [state.channel, state]));
      const stored = views.space().backstop ? await ask(() => service.channels()) : [];
      const others = stored.map(({ channel, ...rest }) => ({
        channel,
        config: views.channelConfig(channel),
        stored: rest,
        own: own.get(channel),
      }));
      const listed = new Set(others.map(({ channel }) => channel as string));
      const mine = [...own.values()].filter(({ channel }) => !listed.has(channel));
      const config = ({ channel }: ChannelState): EffectiveChannelConfig =>
        views.channelConfig(asChannelPattern(channel));
      return [
        ...others,
        ...mine.map((state) => ({ channel: state.channel, config: config(state), own: state })),
      ];
    },
  };
}

function unavailable(cause?: unknown): CotalError {
  return new CotalError("delivery-unavailable", "the members of channels cannot be told now", {
    hint:
      cause === undefined
        ? "this space has no delivery service, and so no members; see who is there in the roster"
        : "the delivery service does not answer; try again when it runs",
    ...(cause !== undefined && { cause }),
  });
}
