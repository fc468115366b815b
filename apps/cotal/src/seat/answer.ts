import { createHash } from "node:crypto";
import type { Delivery, SendOptions } from "@cotal/endpoint";

/** From here on an automatic reply would rather keep a circle going than tell anybody anything. */
const maxHops = 8;

export interface Audience {
  readonly name: string;
  /** Also posts that do not mention it. */
  readonly all?: boolean;
}

/** Whether an automatic reply is due: never to what is past, and in a channel only to what mentions the agent. */
export function isDue(
  { message, kind, hops, historical, expired }: Delivery,
  { name, all = false }: Audience,
): boolean {
  if (hops >= maxHops || historical || expired) return false;
  if (kind !== "channel" || all) return true;
  return message.mentions?.some((mention) => mention.toLowerCase() === name.toLowerCase()) === true;
}

/**
 * The reply to a message, without what it says: it goes where the message came from. A message that comes again
 * gets the reply it had, under the id it had.
 */
export function replyTo({ message, kind, channel, sender, hops }: Delivery): SendOptions {
  const { id: replied, contextId } = message;
  const id = createHash("sha256").update(`${sender}:${replied}`).digest("base64url");
  const reply = { id, replyTo: replied, contextId, hops: hops + 1 };
  return kind === "channel" ? { ...reply, channel } : { ...reply, to: sender };
}
