import type { SpaceRecord } from "@cotal/registries";
import { type Channel, type ChannelPattern, isChannel } from "@cotal/subjects";
import type { EffectiveChannelConfig } from "@cotal/wire";
import type { Core } from "./core.ts";

/** Whether a membership is to be held for a channel, or why not. */
export type Durable =
  | { readonly kind: "durable"; readonly channel: Channel }
  | {
      readonly kind: "not-durable";
      readonly reason: "open-space" | "mode" | "pattern" | "no-backstop" | "live-class";
    };

export interface DurabilityFacts extends Pick<Core, "open" | "mode"> {
  readonly space: Pick<SpaceRecord, "backstop">;
  readonly config: Pick<EffectiveChannelConfig, "deliveryClass">;
}

export function durabilityOf(channel: ChannelPattern, facts: DurabilityFacts): Durable {
  if (facts.open) return { kind: "not-durable", reason: "open-space" };
  if (facts.mode !== "peer") return { kind: "not-durable", reason: "mode" };
  if (!isChannel(channel)) return { kind: "not-durable", reason: "pattern" };
  if (!facts.space.backstop) return { kind: "not-durable", reason: "no-backstop" };
  if (facts.config.deliveryClass === "live") return { kind: "not-durable", reason: "live-class" };
  return { kind: "durable", channel };
}
