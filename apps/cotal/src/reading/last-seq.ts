import type { ChannelPattern } from "@cotal/subjects";
import type { Reader } from "./reader.ts";

/** The place of the newest post that is kept in the channels; 0 where there is none. */
export async function lastSeq({ endpoint, channels }: Reader): Promise<number> {
  const last = async (channel: ChannelPattern): Promise<number> =>
    (await endpoint.history(channel, { limit: 1 })).at(-1)?.seq ?? 0;
  return Math.max(0, ...(await Promise.all(channels.map(last))));
}
