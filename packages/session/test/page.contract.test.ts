import { describe, expect, test } from "vitest";
import { createConsumer, deleteConsumer, requestApi } from "../src/js-api.ts";
import { readPage } from "../src/page.ts";
import type { Session } from "../src/session.ts";
import { brokerOfFile, withSession } from "./support.ts";

const broker = brokerOfFile();
const place = { stream: "PAGES", consumer: "reader" } as const;
const page = { ...place, batch: 256, maxBytes: 1_000_000 } as const;

async function withEntries(
  count: number,
  size: number,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  await withSession(broker().url, async (session) => {
    await requestApi(session, "STREAM.CREATE.PAGES", {
      name: "PAGES",
      subjects: ["pages.>"],
      storage: "memory",
    });
    try {
      for (let at = 0; at < count; at++) await session.connection.request("pages.one", "x".repeat(size));
      const spec = { name: place.consumer, ack_policy: "none", deliver_policy: "all" } as const;
      await createConsumer(session, place.stream, { ...spec, mem_storage: true });
      await run(session);
    } finally {
      await requestApi(session, "STREAM.DELETE.PAGES");
    }
  });
}

describe("a page", () => {
  test("brings what is there for now, and is empty at the end", async () => {
    await withEntries(600, 10, async (session) => {
      const sizes: number[] = [];
      const seqs: number[] = [];
      for (let size = -1; size !== 0; ) {
        const entries = await readPage(session, page);
        size = entries.length;
        sizes.push(size);
        seqs.push(...entries.map(({ seq }) => seq));
      }
      expect(sizes).toEqual([256, 256, 88, 0]);
      expect(seqs).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
    });
  });

  test("is bounded in bytes, and says when one entry alone is larger than that", async () => {
    await withEntries(20, 1_000, async (session) => {
      const entries = await readPage(session, { ...page, maxBytes: 5_000 });
      expect(entries.length).toBeGreaterThan(1);
      expect(entries.length).toBeLessThan(5);
      await expect(readPage(session, { ...page, maxBytes: 500 })).rejects.toMatchObject({
        code: "too-large",
      });
    });
  });

  test("fails with a code when its consumer is gone, and ends with the signal", async () => {
    await withEntries(1, 10, async (session) => {
      await deleteConsumer(session, place.stream, place.consumer);
      await expect(readPage(session, page)).rejects.toMatchObject({ code: "consumer-missing" });
      const reason = new Error("enough");
      await expect(readPage(session, { ...page, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
});
