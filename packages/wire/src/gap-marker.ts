import { z } from "zod";
import { text, whole } from "./grammar.ts";

/** Tells a member which posts of a channel it did not and will not get. It may say too much, never too little. */
export interface GapMarker {
  /** `*`: posts of any channel, for nobody knows any more which. */
  readonly channel: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  readonly reason: string;
}

export const GapMarker: z.ZodType<GapMarker> = z.looseObject({
  channel: z.union([text.channel, z.literal("*")]),
  fromSeq: whole,
  toSeq: whole,
  count: whole,
  reason: z.string(),
});
