import { type Channel, type ChannelPattern, isOwnerId, registryKey } from "@cotal/subjects";
import * as z from "zod";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** Where a peer is, for display. Under `=feed` only when the feed last looked. */
export interface FeedRecord {
  readonly v: 1;
  readonly observedAt: number;
  /** What it is subscribed to, as the broker sees it. */
  readonly live?: readonly ChannelPattern[] | undefined;
  /** Where it is a durable member. */
  readonly durable?: readonly Channel[] | undefined;
}

const FeedRecord: z.ZodType<FeedRecord> = z.looseObject({
  v: z.literal(1),
  observedAt: field.count,
  live: z.array(field.pattern).optional(),
  durable: z.array(field.channel).optional(),
});

/** Display only: nothing decides by it. */
export const membershipFeedRegistry: RegistryDefinition<FeedRecord> = defineRegistry({
  registry: "membership",
  schema: FeedRecord,
  isKey: (key) => key === registryKey.feed || isOwnerId(key),
  fits: (key, { live, durable }) =>
    key === registryKey.feed ? !live && !durable : live !== undefined && durable !== undefined,
});
