import { CotalError, quoted } from "@cotal/subjects";
import type { DeliveryClass } from "@cotal/wire";
import { parseDuration, parseSpan } from "../duration.ts";
import { oneOf } from "../one-of.ts";
import { parseSince, type Since } from "./moment.ts";

const deliveryClasses = ["live", "durable"] as const;
/** The options by which a channel is set. */
const channelFields = ["class", "replay", "replay-window", "description", "instructions"] as const;
export type ChannelField = (typeof channelFields)[number];

/** Options of the commands that read, and that set how channels work. */
export const readingOptions = {
  limit: {
    kind: "value",
    short: "n",
    placeholder: "number",
    summary: "the newest so many (20)",
    parse: (text: string): number => parseCount(text),
  },
  since: {
    kind: "value",
    placeholder: "when",
    summary: "not older than that: 90m, 2d, or a moment such as 2026-11-21T09:30:00Z",
    parse: (text: string): Since => parseSince(text),
  },
  follow: { kind: "flag", short: "f", summary: "go on with what comes from now on" },
  for: {
    kind: "value",
    placeholder: "duration",
    summary: "end by itself after that time",
    parse: (text: string): number => parseDuration(text),
  },
  utc: { kind: "flag", summary: "times in UTC" },
  dryRun: { kind: "flag", summary: "say what would be changed, and change nothing" },
  class: {
    kind: "value",
    placeholder: "live|durable",
    summary: "whether posts are kept for members that are away",
    parse: (text: string): DeliveryClass => oneOf("class", deliveryClasses, text),
  },
  replay: {
    kind: "value",
    placeholder: "on|off",
    summary: "whether who joins reads back what was said",
    parse: (text: string): boolean => oneOf("replay", ["on", "off"], text) === "on",
  },
  replayWindow: {
    kind: "value",
    placeholder: "span",
    summary: "how far back: a number and s, m, h or d",
    parse: (text: string): string => asReplayWindow(text),
  },
  description: {
    kind: "value",
    placeholder: "text",
    summary: "what the channel is for",
    parse: (text: string): string => text,
  },
  instructions: {
    kind: "value",
    placeholder: "text",
    summary: "what agents are told to do in it",
    parse: (text: string): string => text,
  },
  unset: {
    kind: "value",
    placeholder: "fields",
    summary: "what is to hold as by default again, with commas between",
    parse: (text: string): readonly ChannelField[] =>
      text.split(",").map((field) => oneOf("unset", channelFields, field)),
  },
} as const;

const mostRead = 10_000;

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= mostRead) return count;
  throw new CotalError("bad-number", `${quoted(text)} is not so many`, { hint: `use 1 to ${mostRead}` });
}

/** Kept as it was written, with its unit. */
function asReplayWindow(text: string): string {
  parseSpan(text);
  return /\d$/.test(text) ? `${text}s` : text;
}
