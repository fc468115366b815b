import { isOwnerId, type OwnerId } from "@cotal/subjects";
import { type RecordReader, recordReader } from "@cotal/wire";
import * as z from "zod";
import type { DayMarks } from "./day-marks.ts";

/** How far a shard has come in CHAT. */
export interface Position {
  /** What this post and all before it were for is stored. */
  readonly chatSeq: number;
  /** Of a later post, the owners up to this one have been served as well. */
  readonly after?: { readonly seq: number; readonly owner: OwnerId } | undefined;
}

/** What a shard's stream says of its progress and its leader. Who writes the next one has to know this one. */
export interface Checkpoint extends Position {
  readonly v: 1;
  /** When CHAT was created, as the broker writes it. */
  readonly chatCreated: string;
  /** When the post `chatSeq` was stored, in ms of the broker's clock; 0 when that is not known. */
  readonly lastStoredAt: number;
  /** Of the lease under which it was written. */
  readonly epoch: number;
  /** Where the stream of direct messages stood, day by day. */
  readonly directMarks?: DayMarks | undefined;
  /** No two checkpoints have the same one. */
  readonly mark: string;
}

const count = z.int().nonnegative();
const Checkpoint: z.ZodType<Checkpoint> = z.looseObject({
  v: z.literal(1),
  chatSeq: count,
  after: z
    .object({ seq: count, owner: z.custom<OwnerId>((text) => typeof text === "string" && isOwnerId(text)) })
    .optional(),
  chatCreated: z.string().min(1),
  lastStoredAt: count,
  epoch: count,
  directMarks: z.array(z.tuple([count, count])).optional(),
  mark: z.string().min(1),
});

export const readCheckpoint: RecordReader<Checkpoint> = recordReader(Checkpoint);

export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify(checkpoint);
}

/** What CHAT says of itself now. */
export interface ChatFacts {
  readonly created: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** When the post `chatSeq` of the checkpoint was stored; `undefined` when it is not there any more. */
  readonly storedAt: number | undefined;
  /** The highest place that a membership names: CHAT had come as far when it was written. */
  readonly cursor: number;
  /** In a place that a membership names there is another post than it was then. */
  readonly isReplaced: boolean;
}

export type Comparison =
  | { readonly kind: "fits" }
  /** Posts have gone that nobody looked at. */
  | { readonly kind: "behind"; readonly fromSeq: number; readonly toSeq: number }
  /** CHAT has lost its end, or is another stream: position and cursors mean nothing in it. */
  | { readonly kind: "lost"; readonly fromSeq: number; readonly toSeq: number };

/** Whether the position means in CHAT what it meant when it was written. */
export function compareWithChat(checkpoint: Checkpoint, chat: ChatFacts): Comparison {
  const { chatSeq } = checkpoint;
  const { firstSeq, lastSeq } = chat;
  // Where the streams part cannot be told, so whatever was or is there may be missing.
  if (isLost(checkpoint, chat)) return { kind: "lost", fromSeq: firstSeq, toSeq: Math.max(chatSeq, lastSeq) };
  return firstSeq > chatSeq + 1
    ? { kind: "behind", fromSeq: chatSeq + 1, toSeq: firstSeq - 1 }
    : { kind: "fits" };
}

function isLost(
  { chatSeq, chatCreated, lastStoredAt }: Checkpoint,
  { created, lastSeq, storedAt, cursor, isReplaced }: ChatFacts,
): boolean {
  if (created !== chatCreated || lastSeq < Math.max(chatSeq, cursor) || isReplaced) return true;
  // A stream that lost its end and has grown again holds another post in this place.
  return storedAt !== undefined && lastStoredAt !== 0 && storedAt !== lastStoredAt;
}
