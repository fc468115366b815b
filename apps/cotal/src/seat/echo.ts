import { createHash } from "node:crypto";
import type { Delivery, SendOptions } from "@cotal/endpoint";

/** From here on an automatic reply would rather keep a circle going than tell anybody anything. */
const maxHops = 8;

/**
 * What an echo says to a message, or nothing: of a channel it answers only what mentions it. A message that
 * comes again gets the reply it had, under the id it had.
 */
export function echoOf(
  { message, kind, channel, sender, hops, historical, expired }: Delivery,
  name: string,
): SendOptions | undefined {
  if (hops >= maxHops || historical || expired) return undefined;
  const { id: replyTo, parts, contextId } = message;
  const id = createHash("sha256").update(`${sender}:${replyTo}`).digest("base64url");
  const reply = { id, parts, replyTo, contextId, hops: hops + 1 };
  if (kind !== "channel") return { ...reply, to: sender };
  const isMeant = message.mentions?.some((mention) => mention.toLowerCase() === name.toLowerCase());
  return isMeant === true ? { ...reply, channel } : undefined;
}
