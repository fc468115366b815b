import { createHash } from "node:crypto";
import type { Delivery, Endpoint, SendOptions } from "@cotal/endpoint";
import type { Log } from "@cotal/session";
import { CotalError } from "@cotal/subjects";

/** Whoever asked may be no more when the answer is there; then nobody is to be told, and nothing has failed. */
export async function sendReply(
  { endpoint, log }: { readonly endpoint: Pick<Endpoint, "send">; readonly log: Log },
  reply: SendOptions,
): Promise<void> {
  try {
    await endpoint.send({ ...reply, waitForLinkMs: replyWaitMs });
  } catch (error) {
    if (!(error instanceof CotalError) || error.code !== "peer-retired") throw error;
    log({ level: "warn", event: "seat.reply-refused", fields: { code: error.code, to: reply.to } });
  }
}

const replyWaitMs = 30_000;

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
