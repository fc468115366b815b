import type { PastPost } from "./parts.ts";

/** What is kept of posts that are read oldest first, within the limits of one read. */
export interface PastWindow {
  readonly posts: readonly PastPost[];
  /** `false`: there is no room, and it was not taken. */
  add(post: PastPost): boolean;
  /** The latest of those that had to go to make room. */
  readonly droppedUpTo: number | undefined;
}

export interface PastLimits {
  readonly keep: "oldest" | "newest";
  readonly limit: number;
  readonly maxBytes?: number;
}

/** One post alone always fits. */
export function createPastWindow({ keep, limit, maxBytes = 16 * 1024 ** 2 }: PastLimits): PastWindow {
  const posts: PastPost[] = [];
  let size = 0;
  let droppedUpTo: number | undefined;
  const isOver = (): boolean => posts.length > 1 && (posts.length > limit || size > maxBytes);

  return {
    posts,
    add: (post) => {
      posts.push(post);
      size += post.bytes;
      if (keep === "oldest" && isOver()) {
        posts.pop();
        return false;
      }
      while (isOver()) {
        const oldest = posts.shift();
        size -= oldest?.bytes ?? 0;
        droppedUpTo = oldest?.seq;
      }
      return true;
    },
    get droppedUpTo() {
      return droppedUpTo;
    },
  };
}
