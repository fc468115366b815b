import type { Delivery, SendOptions } from "@cotal/endpoint";
import { isDue, replyTo } from "./answer.ts";

/** What an echo says to a message, or nothing. */
export function echoOf(delivery: Delivery, name: string): SendOptions | undefined {
  return isDue(delivery, { name }) ? { ...replyTo(delivery), parts: delivery.message.parts } : undefined;
}
