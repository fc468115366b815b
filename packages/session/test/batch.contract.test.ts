import { startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { afterEach, describe, expect, test } from "vitest";
import { type BatchMessage, maxBatch, writeBatch } from "../src/batch.ts";
import { requestApi } from "../src/js-api.ts";
import type { Session } from "../src/session.ts";
import { brokerOfFile, codeOf, makeStream, publish, withSession } from "./support.ts";

const broker = brokerOfFile();
let streams = 0;

afterEach(async () => {
  await withSession(broker().url, (session) =>
    requestApi(session, `STREAM.DELETE.B${streams}`).then(() => undefined),
  );
});

async function withBatches(
  url: string,
  run: (session: Session, stream: string) => Promise<void>,
): Promise<void> {
  const stream = `B${++streams}`;
  await withSession(broker().url, (session) => makeStream(session, stream, { allow_atomic: true }));
  await withSession(url, (session) => run(session, stream));
}

async function stored(session: Session, stream: string): Promise<number> {
  const info = await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${stream}`);
  return info.state.messages;
}

function batchOf(length: number, subject: string, headers?: MsgHdrs): BatchMessage[] {
  return Array.from({ length }, (_, at) => ({ subject, data: `m${at}`, ...(headers && { headers }) }));
}

function expecting(lastSubjectSequence: number): MsgHdrs {
  const set = headers();
  set.set("Nats-Expected-Last-Subject-Sequence", String(lastSubjectSequence));
  return set;
}

describe("batch", () => {
  test("stores all of it and says where it ends", async () => {
    verifies("SESS-50");
    await withBatches(broker().url, async (session, stream) => {
      expect(await writeBatch(session, batchOf(1, `${stream}.a`))).toEqual({
        kind: "committed",
        seq: 1,
        count: 1,
      });
      const full = await writeBatch(session, batchOf(maxBatch, `${stream}.a`));
      expect(full).toEqual({ kind: "committed", seq: 1 + maxBatch, count: maxBatch });
      expect(await stored(session, stream)).toBe(1 + maxBatch);
    });
  });

  test("keeps the headers of each message", async () => {
    await withBatches(broker().url, async (session, stream) => {
      const own = headers();
      own.append("Cotal-Test", "one");
      own.append("Cotal-Test", "two");
      await writeBatch(session, [{ subject: `${stream}.a`, data: "x", headers: own }]);
      expect([...own.keys()]).toEqual(["Cotal-Test"]);
      const { message } = await requestApi<{ message: { hdrs: string } }>(
        session,
        `STREAM.MSG.GET.${stream}`,
        { seq: 1 },
      );
      const text = Buffer.from(message.hdrs, "base64").toString();
      expect(text).toContain("Cotal-Test: one\r\nCotal-Test: two");
    });
  });

  test.each([
    ["first", 0],
    ["middle", 2],
    ["last", 4],
  ])(
    "a fence broken by the %s message stores nothing and is told with the broker's number",
    async (_name, at) => {
      verifies("SESS-50", "SESS-51");
      await withBatches(broker().url, async (session, stream) => {
        await publish(session, `${stream}.fence`, ["somebody else was here"]);
        const messages = batchOf(5, `${stream}.a`);
        messages[at] = { subject: `${stream}.fence`, data: "mine", headers: expecting(0) };
        const outcome = await writeBatch(session, messages);
        expect(outcome).toMatchObject({
          kind: "refused",
          error: { code: "fenced", data: { errCode: 10071 } },
        });
        expect(await stored(session, stream)).toBe(1);

        messages[at] = { subject: `${stream}.fence`, data: "mine", headers: expecting(1) };
        expect(await writeBatch(session, messages)).toMatchObject({ kind: "committed", count: 5 });
      });
    },
  );

  test("a full stream refuses the batch as a whole", async () => {
    verifies("SESS-51");
    const stream = `B${++streams}`;
    await withSession(broker().url, async (session) => {
      await makeStream(session, stream, { allow_atomic: true, max_msgs: 3, discard: "new" });
      const outcome = await writeBatch(session, batchOf(5, `${stream}.a`));
      expect(outcome.kind).toBe("refused");
      expect(await stored(session, stream)).toBe(0);
    });
  });

  test("a stream that takes no batches, or none at all, is a refusal", async () => {
    verifies("SESS-51");
    const stream = `B${++streams}`;
    await withSession(broker().url, async (session) => {
      await makeStream(session, stream);
      expect(await writeBatch(session, batchOf(2, `${stream}.a`))).toMatchObject({ kind: "refused" });
      const nowhere = await writeBatch(session, batchOf(2, "nobody.listens"));
      expect(nowhere).toMatchObject({ kind: "refused", error: { code: "no-responders" } });
      expect(await stored(session, stream)).toBe(0);
    });
  });

  test("an empty or oversized batch is refused before anything is sent", async () => {
    verifies("SESS-53");
    await withBatches(broker().url, async (session, stream) => {
      expect(await codeOf(writeBatch(session, []))).toBe("bad-request");
      expect(await codeOf(writeBatch(session, batchOf(maxBatch + 1, `${stream}.a`)))).toBe("bad-request");
      expect(await stored(session, stream)).toBe(0);
    });
  });

  test("without an answer the outcome is unknown, in whichever way the answer is lost", async () => {
    verifies("SESS-52");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    await withBatches(proxy.url, async (session, stream) => {
      proxy.halfOpen();
      const late = await writeBatch(session, batchOf(3, `${stream}.a`), { timeoutMs: 300 });
      expect(late).toMatchObject({ kind: "unknown", error: { code: "outcome-unknown" } });
      const cut = writeBatch(session, batchOf(3, `${stream}.a`), { timeoutMs: 60_000 });
      proxy.cut();
      expect(await cut).toMatchObject({ kind: "unknown", error: { code: "connection-lost" } });
      expect(await writeBatch(session, batchOf(1, `${stream}.a`))).toMatchObject({ kind: "unknown" });
      await proxy.heal();
    });
  });
});
