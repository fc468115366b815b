import * as z from "zod";
import { text, whole } from "./grammar.ts";

/**
 * Who is alive, as whoever leads delivery hears it from the beats. `epoch` is that of the leadership and
 * `version` counts within it, so any two digests have an order. A full one lists everybody who is alive;
 * any other one what has changed since the version before it.
 */
export interface PresenceDigest {
  readonly v: 1;
  readonly epoch: number;
  readonly version: number;
  readonly full: boolean;
  readonly live: readonly string[];
  /** Whose beats have ended. A full one leaves it empty. */
  readonly gone: readonly string[];
}

/** A full digest of so many stays below 1 MiB, which is what a broker takes in one message. */
const mostPeers = 16_000;

export const PresenceDigest: z.ZodType<PresenceDigest> = z.looseObject({
  v: z.literal(1),
  epoch: whole,
  version: whole,
  full: z.boolean(),
  live: z.array(text.owner).max(mostPeers),
  gone: z.array(text.owner).max(mostPeers),
});
