import type { OwnerId } from "@cotal/subjects";
import type { Message } from "@cotal/wire";
import type { PastPost } from "./parts.ts";

/** A post as it was said before. */
export interface PastMessage {
  readonly message: Message;
  /** From the subject, which the broker vouches for; so is `sender`. */
  readonly channel: string | undefined;
  readonly sender: OwnerId;
  /** Its place in the channel stream. */
  readonly seq: number;
  /** In ms of broker time. */
  readonly storedAt: number;
}

export function toPastMessage({ accepted, seq, storedAt }: PastPost): PastMessage {
  const { message, channel, sender } = accepted;
  return { message, channel, sender, seq, storedAt };
}
