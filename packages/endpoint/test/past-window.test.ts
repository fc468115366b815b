import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import type { PastPost } from "../src/parts.ts";
import { createPastWindow } from "../src/past-window.ts";
import { arrivalOf } from "./support-receiving.ts";

const post = (seq: number, bytes = 100): PastPost => ({
  accepted: arrivalOf().accepted,
  bytes,
  seq,
  storedAt: 0,
});

const seqs = ({ posts }: { readonly posts: readonly PastPost[] }) => posts.map(({ seq }) => seq);

describe("the window of a read", () => {
  test("keeps the newest and says up to where it dropped", () => {
    verifies("ENDP-54");
    const window = createPastWindow({ keep: "newest", limit: 3 });
    for (const seq of [1, 2, 3, 5, 9]) expect(window.add(post(seq))).toBe(true);
    expect([seqs(window), window.droppedUpTo]).toEqual([[3, 5, 9], 2]);
  });

  test("keeps the oldest and takes no more when it is full", () => {
    const window = createPastWindow({ keep: "oldest", limit: 2 });
    expect([1, 2, 3].map((seq) => window.add(post(seq)))).toEqual([true, true, false]);
    expect([seqs(window), window.droppedUpTo]).toEqual([[1, 2], undefined]);
  });

  test("is bounded in bytes as well, but takes one post of any size", () => {
    const newest = createPastWindow({ keep: "newest", limit: 10, maxBytes: 250 });
    for (const seq of [1, 2, 3]) newest.add(post(seq));
    newest.add(post(4, 1_000));
    expect(seqs(newest)).toEqual([4]);
    const oldest = createPastWindow({ keep: "oldest", limit: 10, maxBytes: 250 });
    expect([post(1, 1_000), post(2)].map((one) => oldest.add(one))).toEqual([true, false]);
  });
});
