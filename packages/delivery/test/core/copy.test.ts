import { verifies } from "@cotal/requirements";
import { formatSubject, type OwnerId, parseSubject } from "@cotal/subjects";
import { createSignatureVerifier, header, type Verdict, verifyDelivery } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { copiesOf, gapMessage, type Outgoing } from "../../src/core/copy.ts";
import { type Post, readPost } from "../../src/core/post.ts";
import { ada, backend, bob, entriesOf, eve, headersOf, ingest, now, space } from "./support.ts";

const maxAgeMs = 30 * 86_400_000;
const member = { owner: bob, reason: "member", generation: 3 } as const;

describe("a copy", () => {
  test("is taken by the receiver as the signed post that it stands for", () => {
    verifies("DLV-2");
    const drafts = ["one", "two", "three"].map((text) => ({
      channel: backend,
      text,
      mentions: ["Eve"],
      hops: 2,
    }));
    for (const [at, entry] of entriesOf(ada, drafts).entries()) {
      const post = posted(readPost(entry));
      expect(arrived(copiesOf(post, { ingest, maxAgeMs })(member), bob)).toMatchObject({
        verdict: "ok",
        sender: ada,
        channel: backend,
        hops: 2,
        signedAt: now,
        message: { parts: [{ kind: "text", text: drafts[at]?.text }], mentions: ["eve"] },
        copy: { seq: at + 1, storedAt: now, generation: 3, reason: "member" },
      });
    }
  });

  test("goes through the shard's ingest, names its own end, and counts what it takes", () => {
    verifies("DLV-7", "DLV-72");
    const post = posted(readPost(aPost()));
    const { message, bytes } = copiesOf(post, { ingest, maxAgeMs })(member);
    expect(parseSubject(message.subject)).toMatchObject({ kind: "ingest", secret: ingest.secret, shard: 1 });
    expect(message.headers?.get("Nats-TTL")).toBe(`${31 * 86_400}s`);
    const headers = [...(message.headers ?? [])].flatMap(([name, values]) => [name, ...values]);
    const least = message.subject.length + headers.join("").length + message.data.length;
    expect(bytes).toBeGreaterThanOrEqual(least);
    expect(bytes).toBeLessThan(least + 200);
  });

  test("shares body and headers with those for others of the same generation", () => {
    const post = posted(readPost(aPost()));
    const copy = copiesOf(post, { ingest, maxAgeMs });
    const [one, other, mentioned] = [
      copy(member),
      copy({ ...member, owner: eve }),
      copy({ owner: eve, reason: "mention", generation: 0 }),
    ];
    expect(one.message.data).toBe(post.bytes);
    expect(other.message.headers).toBe(one.message.headers);
    expect(other.message.subject).not.toBe(one.message.subject);
    expect(arrived(copy({ ...member, generation: 4 }), bob)).toMatchObject({ copy: { generation: 4 } });
    expect(arrived(mentioned, eve)).toMatchObject({ copy: { generation: 0, reason: "mention" } });
  });

  test("of a post that claims to be a gap or a copy is no gap and has the engine's own facts", () => {
    const entry = aPost();
    for (const [name, value] of [
      [header.gap, "1"],
      [header.copyGeneration, "9"],
      [header.copySeq, "1"],
    ] as const)
      entry.headers?.append(name, value);
    const post = posted(readPost(entry));
    expect(arrived(copiesOf(post, { ingest, maxAgeMs })(member), bob)).toMatchObject({
      verdict: "ok",
      copy: { seq: post.seq, generation: 3 },
    });
  });
});

describe("a gap", () => {
  const gap = { fromSeq: 3, toSeq: 9, count: 4, reason: "quota" };
  const place = { ingest, owner: bob, maxAgeMs };

  test("is taken by the receiver, of one channel or of all", () => {
    verifies("DLV-73", "DLV-75");
    const ofOne = { ...gap, channel: backend };
    expect(arrived(gapMessage(ofOne, { ...place, address: backend }), bob)).toEqual({
      verdict: "gap",
      gap: ofOne,
    });
    const ofAll = { ...gap, channel: "*" };
    expect(arrived(gapMessage(ofAll, { ...place, address: backend }), bob)).toEqual({
      verdict: "gap",
      gap: ofAll,
    });
  });
});

/** As the member gets it: the broker stores the message under the subject behind the ingest. */
function arrived({ message }: Outgoing, owner: OwnerId): Verdict {
  const subject = parseSubject(message.subject);
  if (subject?.kind !== "ingest") throw new Error(`not an ingest: ${message.subject}`);
  return verifyDelivery({
    subject: formatSubject(subject.stored),
    headers: message.headers,
    bytes: Buffer.from(message.data),
    route: { kind: "backstop", space, owner },
    policy: { maxBytes: 1_000_000, signatures: createSignatureVerifier({ now: () => now + 1e9 }) },
  });
}

function aPost(): ReturnType<typeof entriesOf>[number] {
  const [entry] = entriesOf(ada, [{ channel: backend, text: "hello" }]);
  if (!entry) throw new Error("nothing was composed");
  return { ...entry, headers: entry.headers ?? headersOf({}) };
}

function posted(read: ReturnType<typeof readPost>): Post {
  if (read.kind === "rejected") throw new Error(`rejected: ${read.reason}`);
  return read.post;
}
