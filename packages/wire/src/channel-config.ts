import * as z from "zod";
import { text } from "./grammar.ts";

export type DeliveryClass = "live" | "durable";

/** What is set for one channel, or under the key of the defaults for the whole space. */
export interface ChannelConfig {
  readonly v: 1;
  readonly replay?: boolean | undefined;
  /** How far back a replay goes: a number and `s`, `m`, `h` or `d`. */
  readonly replayWindow?: string | undefined;
  readonly deliveryClass?: DeliveryClass | undefined;
  readonly description?: string | undefined;
  readonly instructions?: string | undefined;
}

export const ChannelConfig: z.ZodType<ChannelConfig> = z.looseObject({
  v: z.literal(1),
  replay: z.boolean().optional(),
  replayWindow: z
    .string()
    .regex(/^\d+[smhd]$/)
    .optional(),
  deliveryClass: z.enum(["live", "durable"]).optional(),
  description: text.upTo200.optional(),
  instructions: text.upTo2000.optional(),
});

export type EffectiveChannelConfig = ChannelConfig & {
  readonly replay: boolean;
  readonly deliveryClass: DeliveryClass;
};

/** What holds for a channel: field by field its own value, else the default of the space, else the built-in one. */
export function effectiveChannelConfig(
  channel: ChannelConfig | undefined,
  defaults: ChannelConfig | undefined,
): EffectiveChannelConfig {
  return { v: 1, replay: true, deliveryClass: "durable", ...given(defaults), ...given(channel) };
}

/** Without the fields that are there but undefined: they would hide what lies below. */
function given(config: ChannelConfig | undefined): Partial<EffectiveChannelConfig> {
  return Object.fromEntries(Object.entries(config ?? {}).filter(([, value]) => value !== undefined));
}
