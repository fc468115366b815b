/** The channel that all histories share; its posts are not kept for members. */
export const liveChannel = "lobby";

export const ownerNames = ["ada", "bob", "eve", "tom"] as const;

/** The channels of one history, by their numbers. */
export function channelNames(history: number): readonly [string, string, string] {
  return [`h${history}.a`, `h${history}.b`, liveChannel];
}

/** What an owner may read, by number; the first covers all others. */
export function rightsNames(history: number): readonly (readonly string[])[] {
  const [a, b, live] = channelNames(history);
  return [[a, b, live], [a], [b, live], []];
}
