import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import type { Fact, History, Item, PostFact } from "./facts.ts";
import { judge } from "./reference.ts";

const posts: readonly PostFact[] = [1, 2, 3, 4].map((seq) => ({
  seq,
  text: `post ${seq}`,
  sender: "bob",
  channel: "a",
  mentions: seq === 4 ? ["ada"] : [],
}));
const may = (channels: readonly string[] | undefined, frontier = 0, settled = false): Fact => ({
  kind: "rights",
  owner: "ada",
  channels,
  settled,
  frontier,
});
const join = (since: number, frontier = since, answered = true): Fact => ({
  kind: "join",
  owner: "ada",
  channel: "a",
  since,
  answered,
  frontier,
});
const leave = (frontier: number, answered = true): Fact => ({
  kind: "leave",
  owner: "ada",
  channel: "a",
  answered,
  frontier,
});
const copy = (seq: number, fields: Partial<Extract<Item, { kind: "copy" }>> = {}): Fact => ({
  kind: "receipt",
  owner: "ada",
  frontier: 4,
  item: {
    kind: "copy",
    at: seq,
    seq,
    channel: "a",
    generation: 1,
    reason: "member",
    text: `post ${seq}`,
    ...fields,
  },
});
const mention = (seq: number): Fact => copy(seq, { generation: 0, reason: "mention" });
const gap = (fromSeq: number, toSeq: number, channel = "a"): Fact => ({
  kind: "receipt",
  owner: "ada",
  frontier: 4,
  item: { kind: "gap", at: 9, channel, fromSeq, toSeq },
});

function wrongIn(facts: readonly Fact[], fields: Partial<History> = {}): readonly string[] {
  return judge({ facts, posts, durable: ["a"], losses: false, ...fields });
}

const lost = (...seqs: number[]): string[] => seqs.map((seq) => `ada: post ${seq} in a is lost`);

describe("the reference", () => {
  test("finds nothing wrong when a member gets each post since its join, also again", () => {
    verifies("DLV-90");
    const good = [may(["a"]), join(1), copy(2), copy(3), copy(3), copy(4)];
    expect(wrongIn(good)).toEqual([]);
    expect(wrongIn([may(["a"]), join(1, 3), ...good.slice(2)])).toEqual([]);
  });

  test("misses what a member did not get, unless a gap tells of it where posts may go", () => {
    const some = [may(["a"]), join(1), copy(3)];
    expect(wrongIn(some)).toEqual(lost(2, 4));
    expect(wrongIn([...some, gap(2, 4)])).toEqual(lost(2, 4));
    expect(wrongIn([...some, gap(2, 4)], { losses: true })).toEqual([]);
    expect(wrongIn([...some, gap(1, 2, "*")], { losses: true })).toEqual(lost(4));
    expect(wrongIn([...some, gap(1, 4, "b")], { losses: true })).toEqual(lost(2, 4));
  });

  test("wants a mention when the right is there, and for a member only once", () => {
    expect(wrongIn([may(["a"])])).toEqual(lost(4));
    expect(wrongIn([may(["a"]), mention(4)])).toEqual([]);
    expect(wrongIn([may(["b"])])).toEqual([]);
    expect(wrongIn([may(["a"]), mention(3), mention(4)])).toEqual([
      "ada: the copy of 3 in a does not mention it",
    ]);
  });

  test("wants what was posted while the rights could not be told, once they can", () => {
    expect(wrongIn([may(["a"]), join(1), may(undefined, 2), may(["a"], 4), copy(2)])).toEqual(lost(3, 4));
    expect(wrongIn([may(["a"]), join(1), may(undefined, 2), copy(2)])).toEqual([]);
    expect(wrongIn([may(["a"], 4)])).toEqual(lost(4));
  });

  test("wants nothing of before the join, after the leave, or from itself", () => {
    expect(wrongIn([may(["a"]), join(1), leave(2), copy(2), mention(4)])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1), leave(2), copy(2), copy(3), mention(4)])).toEqual([
      "ada: the copy of 3 in a is outside its membership",
    ]);
    expect(wrongIn([may(["a"]), join(2), copy(2), copy(3), copy(4)])).toEqual([
      "ada: the copy of 2 in a is outside its membership",
    ]);
    const own = posts.map((post) => ({ ...post, sender: "ada" }));
    expect(wrongIn([may(["a"]), join(1), copy(2)], { posts: own })).toEqual([
      "ada: the copy of 2 in a is its own",
    ]);
  });

  test("takes either for right when an order was not answered", () => {
    expect(wrongIn([may(["a"]), join(1, 1, false), mention(4)])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1, 1, false), copy(2), copy(3), copy(4)])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1), leave(2, false), copy(2), mention(4)])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1), leave(2, false), copy(2), copy(3), copy(4)])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1, 1, false), join(1, 2), copy(4)])).toEqual(lost(2, 3));
    // The second asks for more of the past than the first, and either may be the one that stands.
    const twice = [may(["a"]), join(2, 2, false), join(1, 2)];
    expect(wrongIn([...twice, copy(3), copy(4)])).toEqual([]);
    expect(wrongIn([...twice, copy(2), copy(3), copy(4)])).toEqual([]);
    expect(wrongIn([...twice, copy(2), copy(4)])).toEqual(lost(3));
  });

  test("forbids what is handed out after rights were narrowed, and only what they do not cover", () => {
    const before = [may(["a"]), join(1), copy(2)];
    const narrowed = may(["b"], 4, true);
    expect(wrongIn([...before, narrowed])).toEqual([]);
    expect(wrongIn([...before, narrowed, copy(3)])).toEqual([
      "ada: the copy of 3 in a is outside its rights",
    ]);
    expect(wrongIn([...before, may(["b"], 4), copy(3)])).toEqual([]);
    const settled = { kind: "settled", owner: "ada", frontier: 4 } as const;
    expect(wrongIn([...before, may(["b"], 4), settled, copy(3)])).toEqual([
      "ada: the copy of 3 in a is outside its rights",
    ]);
  });

  test("forbids that wider rights bring a membership back", () => {
    const back = [may(["a"]), join(1), may(["b"], 2, true), may(["a"], 2)];
    expect(wrongIn([...back, mention(4)])).toEqual([]);
    expect(wrongIn([...back, copy(3), mention(4)])).toEqual([
      "ada: the copy of 3 in a is outside its membership",
    ]);
    expect(wrongIn([...back, join(2), copy(3), copy(4)])).toEqual([]);
  });

  test("forbids everything once it is retired", () => {
    const retired = { kind: "retired", owner: "ada", answered: true, frontier: 4 } as const;
    expect(wrongIn([may(["a"]), join(1), retired])).toEqual([]);
    expect(wrongIn([may(["a"]), join(1), retired, copy(2)])).toEqual([
      "ada: the copy of 2 in a is outside its rights",
    ]);
  });

  test("finds a second copy, a wrong order, and what stands for no post", () => {
    const all = [may(["a"]), join(1), copy(2), copy(3), copy(4)];
    expect(wrongIn([...all, copy(3, { at: 7 })])).toEqual([
      "ada: the copy of 3 in a stands behind that of 4, generation 1",
    ]);
    expect(wrongIn([...all, copy(3, { at: 7, generation: 2 })])).toEqual([]);
    const swapped = [copy(3, { at: 2 }), copy(2, { at: 3 }), copy(4)];
    expect(wrongIn([may(["a"]), join(1), ...swapped])).toHaveLength(1);
    expect(wrongIn([...all, copy(9)])).toEqual(["ada: the copy of 9 in a stands for no post"]);
    expect(wrongIn([...all, copy(3, { channel: "b", at: 8 })])).toContain(
      "ada: the copy of 3 in b stands for no post",
    );
  });

  test("gives no copies of live channels to members", () => {
    expect(wrongIn([may(["a"]), join(1), mention(4)], { durable: [] })).toEqual([]);
    expect(wrongIn([may(["a"]), join(1), copy(2), mention(4)], { durable: [] })).toEqual([
      "ada: the copy of 2 in a is of a live channel",
    ]);
  });
});
