import { startFaultProxy, withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { type BatchMessage, requestApi, type Session } from "@cotal/session";
import { asOwnerId, asToken, type CotalError, type OwnerId } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { headers } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { ingestSubject } from "../src/core/copy.ts";
import { createFencedWriter, type FencedWriter, readFence } from "../src/fenced-writer.ts";
import type { ShardPlace } from "../src/shard-place.ts";
import { readStored } from "../src/stored-message.ts";
import { failureOf } from "./support-actor.ts";

const broker = brokerOfFile();
const space = asToken("space", "acme");
const place: ShardPlace = { space, shard: 0, shards: 1, secret: asToken("secret", "s".repeat(22)) };
const owner: OwnerId = asOwnerId(publicFromSeed(generateSeed("user")));
const stream = "DLV_acme_0";
const content = { v: 1, chatSeq: 0, chatCreated: "then", lastStoredAt: 0, epoch: 1 } as const;

async function makeStream(session: Session, maxBytes = 8 * 1024 ** 2): Promise<void> {
  await requestApi(session, `STREAM.CREATE.${stream}`, {
    name: stream,
    subjects: [`in.${place.secret}.0.>`],
    subject_transform: { src: `in.${place.secret}.0.>`, dest: ">" },
    retention: "workqueue",
    storage: "file",
    discard: "new",
    max_bytes: maxBytes,
    allow_atomic: true,
    allow_rollup_hdrs: true,
    allow_msg_ttl: true,
  });
}

function copy(size = 10): BatchMessage {
  const subject = ingestSubject(place, { kind: "dlv", space, owner, channel: "c" as never });
  return { subject, data: "x".repeat(size), headers: headers() };
}

async function writerOn(session: Session, told: CotalError[] = []): Promise<FencedWriter> {
  const fence = await readFence(session, place);
  const { signal } = session.scope;
  return createFencedWriter(session, { place, fence, signal, onFull: (error) => told.push(error) });
}

async function copiesIn(session: Session): Promise<number> {
  const { state } = await requestApi<{ readonly state: { readonly messages: number } }>(
    session,
    `STREAM.INFO.${stream}`,
  );
  return state.messages - 1;
}

test("copies and checkpoint are stored together, and the answer is the next fence", async () => {
  verifies("DLV-31", "DLV-33", "DLV-16");
  await withSession(broker().url, async (session) => {
    await makeStream(session);
    const writer = await writerOn(session);
    await writer.commit(
      Array.from({ length: 999 }, () => copy()),
      { ...content, chatSeq: 1 },
    );
    await writer.commit([copy()], { ...content, chatSeq: 2 });
    const stored = await readFence(session, place);
    expect(stored).toMatchObject({ seq: writer.fence.seq, checkpoint: { chatSeq: 2, epoch: 1 } });
    expect(await copiesIn(session)).toBe(1_000);
  });
});

test("a checkpoint alone is one publish", async () => {
  verifies("DLV-34");
  await withSession(broker().url, async (session) => {
    await makeStream(session);
    await (await writerOn(session)).commit([], content);
    const found = await readStored(session, stream, { last_by_subj: "cotal.acme.ckpt.0" });
    expect(found?.headers?.has("Nats-Batch-Id")).toBe(false);
    expect(found?.seq).toBe(1);
  });
});

test("who does not know the last checkpoint stores nothing, neither copies nor checkpoint", async () => {
  verifies("DLV-35", "DLV-41");
  await withSession(broker().url, async (session) => {
    await makeStream(session);
    const [one, other] = [await writerOn(session), await writerOn(session)];
    await one.commit([copy()], content);
    expect((await failureOf(other.commit([copy()], content))).code).toBe("fenced");
    expect((await failureOf(other.commit([], content))).code).toBe("fenced");
    await one.commit([copy()], content);
    expect(await copiesIn(session)).toBe(2);
  });
});

test("a full stream keeps the lead waiting, and is told of once", async () => {
  verifies("DLV-37", "DLV-74");
  await withSession(broker().url, async (session) => {
    await makeStream(session, 64 * 1024);
    const told: CotalError[] = [];
    const writer = await writerOn(session, told);
    await writer.commit([copy(60_000)], content);
    const filter = `cotal.acme.dlv.${owner}.>`;
    const waiting = writer.commit([copy(20_000)], { ...content, chatSeq: 7 });
    await expect.poll(() => told.length).toBe(1);
    await requestApi(session, `STREAM.PURGE.${stream}`, { filter });
    await waiting;
    expect(told.map(({ code }) => code)).toEqual(["delivery-full"]);
    expect(await readFence(session, place)).toMatchObject({ checkpoint: { chatSeq: 7 } });
    expect(await copiesIn(session)).toBe(1);
  });
});

test("a commit without an answer is looked up, and is stored once at the most", async () => {
  verifies("DLV-36", "DLV-40", "DLV-92");
  await withSession(broker().url, (session) => makeStream(session));
  await using proxy = await startFaultProxy({ targetPort: broker().port });
  await withSession(proxy.url, async (session) => {
    const writer = await writerOn(session);
    await writer.commit([copy()], content);
    proxy.halfOpen();
    const silent = writer.commit([copy()], { ...content, chatSeq: 5 });
    await new Promise((resolve) => session.clock.after(2_500, () => resolve(undefined)));
    await proxy.heal();
    await silent;
    expect(await readFence(session, place)).toMatchObject({
      seq: writer.fence.seq,
      checkpoint: { chatSeq: 5 },
    });
    expect(await copiesIn(session)).toBe(2);
    await writer.commit([copy()], { ...content, chatSeq: 6 });
    expect(await copiesIn(session)).toBe(3);
  });
});
