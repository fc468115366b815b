import * as z from "zod";
import { text, whole } from "./grammar.ts";
import { Part } from "./part.ts";

/** Who sent something, as the sender says it; the subject decides. */
export interface PeerRef {
  readonly id: string;
  readonly name: string;
  readonly role?: string | undefined;
}

export const PeerRef: z.ZodType<PeerRef> = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string().optional(),
});

/** The envelope of every post. Addressing in it is advisory: the subject decides. */
export interface Message {
  readonly id: string;
  /** The sender's clock; for display only. */
  readonly ts: number;
  readonly space: string;
  readonly from: PeerRef;
  readonly channel?: string | undefined;
  readonly to?: string | undefined;
  readonly toService?: string | undefined;
  readonly mentions?: readonly string[] | undefined;
  readonly parts: readonly Part[];
  readonly replyTo?: string | undefined;
  readonly contextId?: string | undefined;
  /** From here on it is shown as expired, and a work queue skips it. */
  readonly expiresAt?: number | undefined;
}

const targets = ["channel", "to", "toService"] as const;

export const Message: z.ZodType<Message> = z
  .looseObject({
    id: text.id,
    ts: whole,
    space: z.string(),
    from: PeerRef,
    channel: z.string().optional(),
    to: z.string().optional(),
    toService: z.string().optional(),
    mentions: z.array(z.string()).optional(),
    parts: z.array(Part).min(1),
    replyTo: z.string().optional(),
    contextId: z.string().optional(),
    expiresAt: whole.optional(),
  })
  .refine((message) => targets.filter((target) => message[target] !== undefined).length === 1, {
    error: "exactly one of channel, to and toService is needed",
  })
  .meta({ oneOf: targets.map((target) => ({ required: [target] })) });
