import { directLane } from "@cotal/subjects";
import * as z from "zod";
import { text, whole } from "./grammar.ts";

/** Tells an owner what of a channel, or of its direct messages, it did not and will not get. It may say too much, never too little. */
export interface GapMarker {
  /**
   * `*`: posts of any channel, for nobody knows any more which. `=direct`: direct messages, and the sequences are
   * those of their stream.
   */
  readonly channel: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  readonly reason: string;
}

export const GapMarker: z.ZodType<GapMarker> = z.looseObject({
  channel: z.union([text.channel, z.literal("*"), z.literal(directLane)]),
  fromSeq: whole,
  toSeq: whole,
  count: whole,
  reason: z.string(),
});
