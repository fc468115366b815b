import type { CotalError } from "@cotal/subjects";
import type { EffectiveChannelConfig } from "@cotal/wire";
import type { ChannelFeed } from "./channel-feed.ts";
import type { ChannelState } from "./channel-state.ts";
import type { Durable } from "./durability.ts";
import type { MembershipState } from "./membership-state.ts";

/** What is known of a channel now. */
export interface ChannelFacts {
  /** Absent when it is not joined. */
  readonly feed: Pick<ChannelFeed, "live" | "watermark"> | undefined;
  readonly membership: MembershipState | undefined;
  /** What the registries say of it, or why that is not known. */
  readonly config:
    | { readonly kind: "known"; readonly effective: EffectiveChannelConfig; readonly durable: Durable }
    | { readonly kind: "unknown"; readonly error: CotalError };
  /** The delivery service is there for this peer. */
  readonly isServed: boolean;
}

export function channelStateOf(channel: string, facts: ChannelFacts): ChannelState {
  const { feed, membership, config, isServed } = facts;
  const { durable, reason, generation } = membership ?? withoutMembership(config);
  return {
    channel,
    live: feed?.live ?? false,
    durable,
    reason,
    generation,
    active: durable === "held" && isServed,
    class: config.kind === "known" ? config.effective.deliveryClass : undefined,
    watermark: feed?.watermark,
  };
}

/** Why a joined channel is not as it should be; `undefined` when it is. */
export function problemOf({ durable, reason }: ChannelState): string | undefined {
  return durable === "held" || durable === "not-durable" ? undefined : (reason ?? durable);
}

function withoutMembership(
  config: ChannelFacts["config"],
): Pick<ChannelState, "durable" | "reason" | "generation"> {
  if (config.kind === "unknown") return { durable: "pending", reason: config.error.code };
  if (config.durable.kind === "durable") return { durable: "pending" };
  return { durable: "not-durable", reason: config.durable.reason };
}
