import { brokerError, type Health } from "@cotal/session";
import { type ChannelPattern, isChannel } from "@cotal/subjects";
import type { ChannelFeed } from "./channel-feed.ts";
import { type ChannelFacts, channelStateOf, problemOf } from "./channel-report.ts";
import type { ChannelState } from "./channel-state.ts";
import type { Core } from "./core.ts";
import { type Durable, durabilityOf } from "./durability.ts";
import type { MembershipState } from "./membership-state.ts";
import type { Memberships } from "./memberships.ts";
import type { SpaceViews } from "./parts.ts";

/** How the channels of an endpoint are, and who is told when that changes. */
export interface ChannelStatus {
  /** Of the joined ones, and of those whose membership is still to be ended. */
  states(): readonly ChannelState[];
  stateOf(channel: ChannelPattern): ChannelState;
  membershipOf(channel: ChannelPattern): MembershipState | undefined;
  /** Throws while it is not known what the space or the channel is. */
  durabilityOf(channel: ChannelPattern): Durable;
  /** Something about a channel may have changed: listeners are told of a membership once. */
  look(channel: ChannelPattern): void;
  health(): Health;
}

export interface ChannelStatusDeps {
  readonly feeds: ReadonlyMap<ChannelPattern, ChannelFeed>;
  readonly memberships: Pick<Memberships, "state" | "channels">;
  readonly views: SpaceViews;
  readonly isServed: () => boolean;
}

export function createChannelStatus(core: Core, deps: ChannelStatusDeps): ChannelStatus {
  const { feeds, memberships, views, isServed } = deps;
  /** What listeners were told last of each channel. */
  const told = new Map<ChannelPattern, string>();
  let health: Health = { kind: "ok" };

  const membershipOf = (channel: ChannelPattern): MembershipState | undefined =>
    isChannel(channel) ? memberships.state(channel) : undefined;

  const decide = (channel: ChannelPattern): Durable => {
    const { open, mode } = core;
    return durabilityOf(channel, { open, mode, space: views.space(), config: views.channelConfig(channel) });
  };

  const configOf = (channel: ChannelPattern): ChannelFacts["config"] => {
    try {
      return { kind: "known", durable: decide(channel), effective: views.channelConfig(channel) };
    } catch (error) {
      return { kind: "unknown", error: brokerError(error) };
    }
  };

  const stateOf = (channel: ChannelPattern): ChannelState =>
    channelStateOf(channel, {
      feed: feeds.get(channel),
      membership: membershipOf(channel),
      config: configOf(channel),
      isServed: isServed(),
    });

  const states = (): readonly ChannelState[] =>
    [...new Set([...feeds.keys(), ...memberships.channels])].map(stateOf);

  const assess = (): void => {
    const code = states()
      .map(problemOf)
      .find((problem) => problem !== undefined);
    if (code === undefined) health = { kind: "ok" };
    else if (health.kind === "ok" || health.code !== code) {
      health = { kind: "degraded", code, since: core.clock.now() };
    }
  };

  const tell = (channel: ChannelPattern): void => {
    if (!feeds.has(channel) && !membershipOf(channel)) {
      told.delete(channel);
      return;
    }
    const state = stateOf(channel);
    const { durable, reason, generation } = state;
    const news = JSON.stringify([durable, reason, generation]);
    const before = told.get(channel);
    told.set(channel, news);
    if (before === news || (before === undefined && durable === "not-durable")) return;
    core.events.emit("channel", { kind: "durability", channel, state });
  };

  return {
    states,
    stateOf,
    membershipOf,
    durabilityOf: decide,
    look: (channel) => {
      assess();
      tell(channel);
    },
    health: () => health,
  };
}
