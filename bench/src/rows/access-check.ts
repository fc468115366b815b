import {
  asChannelPattern,
  type Channel,
  type ChannelPattern,
  channelInAllow,
  compileAllow,
} from "@cotal/subjects";
import type { Comparison } from "../row.ts";
import { timed } from "./timed.ts";
import { asReceived, type Traffic } from "./traffic.ts";

/** May a channel be read? A compiled list against a map of the channels themselves. */
export function accessCheck(
  traffic: Traffic,
  { patterns, items }: { patterns: number; items: number },
): Comparison {
  const allow = allowList(patterns);
  const allows = compileAllow(allow);
  const allowed = traffic.channels.filter((channel) => channelInAllow(allow, channel));
  const known = new Map([...allowed, ...allow].map((text, at) => [text as string, at]));
  const work = {
    draw: (count: number) => asReceived(traffic.draw(traffic.channels, count)),
    expected: (drawn: readonly Channel[]) => drawn.filter((channel) => allowed.includes(channel)).length,
  };
  return {
    title: `access check, ${patterns} patterns`,
    rawTitle: "`Map.get`",
    unit: "ns",
    better: "lower",
    gate: 15,
    aim: "30 ns",
    ours: () => timed(items, { ...work, run: (channels) => countAllowed(allows, channels) }),
    raw: () => timed(items, { ...work, run: (channels) => countKnown(known, channels) }),
  };
}

function countAllowed(allows: (channel: Channel) => boolean, channels: readonly Channel[]): number {
  let count = 0;
  for (const channel of channels) if (allows(channel)) count++;
  return count;
}

function countKnown(known: ReadonlyMap<string, number>, channels: readonly string[]): number {
  let count = 0;
  for (const channel of channels) if (known.get(channel) !== undefined) count++;
  return count;
}

/** Three patterns that fit the traffic, the last of the list, and others of all forms. */
function allowList(count: number): ChannelPattern[] {
  const forms = ["*", ">", "review", "*.status"];
  const others = Array.from({ length: count - 3 }, (_, at) => `project-${at}.${forms[at % forms.length]}`);
  return [...others, "team.>", "ops.*", "general"].map(asChannelPattern);
}
