import type { MemberPlace } from "@cotal/registries";
import { type Post, readPost, verifyPost } from "./core/post.ts";
import { maxBytesOf } from "./max-bytes.ts";
import type { ShardCore } from "./shard-core.ts";
import type { StoredMessage } from "./stored-message.ts";

/** What was posted in a channel before its member was known to the shard. */
export type CatchUp =
  | { readonly kind: "posts"; readonly posts: readonly Post[] }
  /** Not all of it is kept, or it is more than is caught up with. */
  | { readonly kind: "evicted"; readonly evicted: { readonly fromSeq: number; readonly toSeq: number } };

export interface CatchUpOrder extends MemberPlace {
  /** Behind this one, up to and with the other. */
  readonly after: number;
  readonly to: number;
}

/** What a join may ask for: the others of the shard wait meanwhile. */
const maxPosts = 10_000;
const maxBytes = 64 * 1024 * 1024;

export async function readCatchUp(core: ShardCore, order: CatchUpOrder): Promise<CatchUp> {
  const { chat } = core;
  const { owner, channel, after, to } = order;
  if (after >= to) return { kind: "posts", posts: [] };
  const posts: Post[] = [];
  let bytes = 0;
  for (let from = after + 1; from <= to; ) {
    const message = await chat.from(from, channel);
    if (!message || message.seq > to) break;
    const post = validPost(core, message);
    if (post && post.sender !== owner) {
      bytes += post.bytes.byteLength;
      posts.push(post);
    }
    if (posts.length > maxPosts || bytes > maxBytes) return evicted(after + 1, to);
    from = message.seq + 1;
  }
  // Looked at last: what has gone while it was read is missing as well.
  const { firstSeq } = await chat.bounds();
  return firstSeq > after + 1 ? evicted(after + 1, Math.min(to, firstSeq - 1)) : { kind: "posts", posts };
}

/** A post that was read by itself, checked as the reader checks those that it feeds. */
export function validPost({ session }: ShardCore, message: StoredMessage): Post | undefined {
  const read = readPost({ ...message, delivery: 1, deliveries: 1, pending: 0, ackSubject: "" });
  if (read.kind === "rejected") return undefined;
  return verifyPost(read.post, { maxBytes: maxBytesOf(session) }).kind === "valid" ? read.post : undefined;
}

function evicted(fromSeq: number, toSeq: number): CatchUp {
  return { kind: "evicted", evicted: { fromSeq, toSeq } };
}
