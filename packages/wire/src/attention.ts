import type { Presence } from "./presence.ts";
import type { AddressingKind } from "./verdict.ts";

/** What of a message bears on whether it may interrupt. */
export interface Interruption {
  readonly kind: AddressingKind;
  readonly channel?: string | undefined;
  /** It names this peer. */
  readonly mentioned: boolean;
}

/** Interrupt now, show it when the peer looks next, or do not show it. */
export type AttentionVerdict = "wake" | "hold" | "drop";

/** Advisory: it decides about interrupting, never about delivery or rights. */
export function attentionVerdict(
  { kind, channel, mentioned }: Interruption,
  { attention = "open", channelModes = {} }: Pick<Presence, "attention" | "channelModes">,
): AttentionVerdict {
  if (kind !== "channel") return "wake";
  const mode =
    channel !== undefined && Object.hasOwn(channelModes, channel) ? channelModes[channel] : undefined;
  if (mode === "muted") return "drop";
  if (mentioned) return "wake";
  return mode === "quiet" || attention !== "open" ? "hold" : "wake";
}
