import {
  type Channel,
  type ChannelPattern,
  isChannel,
  isChannelPattern,
  isOwnerId,
  isToken,
  type OwnerId,
  type Token,
} from "@cotal/subjects";
import { namePattern } from "@cotal/wire";
import * as z from "zod";

/** What fields of records hold. */
export const field: {
  readonly owner: z.ZodType<OwnerId>;
  readonly channel: z.ZodType<Channel>;
  readonly pattern: z.ZodType<ChannelPattern>;
  readonly token: z.ZodType<Token>;
  readonly name: z.ZodType<string>;
  readonly line: z.ZodType<string>;
  readonly count: z.ZodType<number>;
} = {
  owner: z.custom<OwnerId>(isOwnerId),
  channel: z.custom<Channel>(isChannel),
  pattern: z.custom<ChannelPattern>(isChannelPattern),
  token: z.custom<Token>(isToken),
  name: z.string().regex(namePattern),
  line: z.string().min(1).max(200),
  /** A sequence, a number of things, or a moment in ms since 1970. */
  count: z.int().nonnegative(),
};
