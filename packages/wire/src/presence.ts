import * as z from "zod";
import { AgentCard } from "./agent-card.ts";
import { text, whole } from "./grammar.ts";

export type Status = "idle" | "waiting" | "working" | "offline";
export type Attention = "open" | "dnd" | "focus";
export type ChannelMode = "quiet" | "muted";

/** What a peer says about itself now. */
export interface Presence {
  readonly card: AgentCard;
  readonly status: Status;
  readonly activity?: string | undefined;
  readonly attention?: Attention | undefined;
  readonly channelModes?: Readonly<Record<string, ChannelMode>> | undefined;
  readonly ts: number;
}

export const Presence: z.ZodType<Presence> = z.looseObject({
  card: AgentCard,
  status: z.enum(["idle", "waiting", "working", "offline"]),
  activity: z.string().optional(),
  attention: z.enum(["open", "dnd", "focus"]).optional(),
  channelModes: z.record(text.channel, z.enum(["quiet", "muted"])).optional(),
  ts: whole,
});
