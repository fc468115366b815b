import { asChannel, type Channel } from "@cotal/subjects";

/**
 * Where markers stand that are about more than one channel. No post of a channel of this name is ever kept, so what
 * stands there can stay when rights are taken away.
 */
export const gapChannel: Channel = asChannel("_gap");
