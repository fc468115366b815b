import { verifies } from "@cotal/requirements";
import { header } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { type Post, readPost, verifyPost } from "../../src/core/post.ts";
import { ada, backend, entriesOf, entryOf, headersOf, space } from "./support.ts";

const limits = { maxBytes: 64 * 1024 };

describe("a post", () => {
  test("that mentions nobody is read without a look at its body", () => {
    verifies("DLV-24");
    const data = new Proxy(new Uint8Array(), {
      get: () => expect.unreachable("the body was looked at"),
    });
    const post = posted(entryOf({ data, seq: 7, headers: headersOf({ [header.signature]: "s" }) }));
    expect(post).toMatchObject({ seq: 7, sender: ada, channel: backend, space, mentions: false });
    expect(post.headers).toEqual([[header.signature, "s"]]);
  });

  test("hands on what a copy needs, and nothing that only the engine may say", () => {
    const foreign = { "Nats-Msg-Id": "a:b", "Cotal-Gap": "1", "Cotal-Seq": "9", "Cotal-Reason": "member" };
    const own = {
      [header.signature]: "sig",
      [header.signedAt]: "12",
      [header.path]: "path",
      [header.mentions]: "bob",
      [header.hops]: "2",
    };
    const post = posted(entryOf({ headers: headersOf({ ...foreign, ...own }) }));
    expect(Object.fromEntries(post.headers)).toEqual(own);
    expect(post.mentions).toBe(true);
  });

  test("is rejected on any other subject, and with headers that no copy could carry", () => {
    expect(readPost(entryOf({ subject: "cotal.main.presence.digest" }))).toEqual({
      kind: "rejected",
      reason: "malformed-subject",
    });
    const large = entryOf({ headers: headersOf({ [header.mentions]: "m".repeat(4_096) }) });
    expect(readPost(large)).toEqual({ kind: "rejected", reason: "foreign-header" });
  });

  test("is dropped with its reason where the envelope is not in order", () => {
    verifies("DLV-25");
    const [good] = entriesOf(ada, [{ channel: backend, text: "x" }]);
    expect(verifyPost(posted(good), limits)).toEqual({ kind: "valid", mentions: [] });
    const changed = { ...good, headers: good?.headers };
    const cases = [
      ["malformed-json", { ...changed, data: Buffer.from("{") }],
      ["invalid-envelope", { ...changed, data: Buffer.from(JSON.stringify({ from: { id: ada } })) }],
      ["sender-mismatch", { ...changed, data: Buffer.from("{}") }],
      ["too-large", { ...changed, data: Buffer.alloc(limits.maxBytes + 1) }],
      ["foreign-header", { ...changed, headers: headersOf({ "Nats-Rollup": "all" }) }],
    ] as const;
    for (const [reason, entry] of cases)
      expect(verifyPost(posted(entry), limits)).toEqual({ kind: "rejected", reason });
  });

  test("mentions whom its envelope mentions, if the header says so too", () => {
    verifies("DLV-5", "DLV-24");
    const [entry] = entriesOf(ada, [{ channel: backend, text: "x", mentions: ["Bob, the 2nd", "eve"] }]);
    const mentionsWith = (announced: string | undefined): unknown => {
      const values = announced === undefined ? {} : { [header.mentions]: announced };
      return verifyPost(posted({ ...entry, headers: headersOf(values) }), limits);
    };
    expect(verifyPost(posted(entry), limits)).toEqual({ kind: "valid", mentions: ["bob, the 2nd", "eve"] });
    expect(mentionsWith(undefined)).toEqual({ kind: "valid", mentions: [] });
    expect(mentionsWith("eve,mallory,%")).toEqual({ kind: "valid", mentions: ["eve"] });
  });
});

function posted(entry: Parameters<typeof entryOf>[0] | undefined): Post {
  const read = readPost(entryOf(entry ?? {}));
  if (read.kind === "rejected") throw new Error(`rejected: ${read.reason}`);
  return read.post;
}
