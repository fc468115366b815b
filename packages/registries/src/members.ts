import { type Channel, isChannel, isOwnerId, type OwnerId, registryKey } from "@cotal/subjects";
import * as z from "zod";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** The durable tie of an owner to a channel. Its bounds are sequences of CHAT. */
export interface MemberRecord {
  readonly v: 1;
  readonly channel: Channel;
  readonly owner: OwnerId;
  readonly state: "durable-active" | "left";
  /** The last post before the join. */
  readonly joinCursor: number;
  /** The last post before the leave; there is one once it has left. */
  readonly leaveCursor?: number | undefined;
  /**
   * When the post was stored that the record ends with, in ms of the broker's clock: its `leaveCursor`, or else its
   * `joinCursor`. It is there where the shard had not come as far when that was written.
   */
  readonly cursorStoredAt?: number | undefined;
  /** For reports; delivery does not look at it. */
  readonly activated: boolean;
  /** Each join has a higher one. */
  readonly generation: number;
  readonly writer: { readonly holder: string; readonly epoch: number };
  readonly updatedAt: number;
}

const MemberRecord: z.ZodType<MemberRecord> = z
  .looseObject({
    v: z.literal(1),
    channel: field.channel,
    owner: field.owner,
    state: z.enum(["durable-active", "left"]),
    joinCursor: field.count,
    leaveCursor: field.count.optional(),
    cursorStoredAt: field.count.optional(),
    activated: z.boolean(),
    generation: field.count,
    writer: z.looseObject({ holder: field.line, epoch: field.count }),
    updatedAt: field.count,
  })
  .refine(({ state, leaveCursor }) => (state === "left") === (leaveCursor !== undefined), {
    path: ["leaveCursor"],
  });

export const membersRegistry: RegistryDefinition<MemberRecord> = defineRegistry({
  registry: "members",
  schema: MemberRecord,
  isKey: (key) => isOwnerId(key.slice(0, 56)) && key[56] === "." && isChannel(key.slice(57)),
  fits: (key, { owner, channel }) => key === registryKey.member(owner, channel),
});

/** Whether a member is to get the post of this sequence. */
export function isDue({ joinCursor, leaveCursor }: MemberRecord, seq: number): boolean {
  return joinCursor < seq && (leaveCursor === undefined || seq <= leaveCursor);
}
