import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ChatFacts,
  type Checkpoint,
  compareWithChat,
  encodeCheckpoint,
  readCheckpoint,
} from "../../src/core/checkpoint.ts";
import { anyOwner, now } from "./support.ts";

const checkpoint: Checkpoint = {
  v: 1,
  chatSeq: 100,
  chatCreated: "2026-01-01T00:00:00.000000001Z",
  lastStoredAt: now,
  epoch: 3,
  mark: "m",
};
const chat: ChatFacts = {
  created: checkpoint.chatCreated,
  firstSeq: 1,
  lastSeq: 100,
  storedAt: now,
  cursor: 100,
  isReplaced: false,
};

describe("a checkpoint", () => {
  test("says after a turn through the stream what it said before", () => {
    verifies("DLV-16");
    const after = fc.option(fc.record({ seq: fc.nat(), owner: anyOwner }), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(), after, fc.string({ minLength: 1 }), (chatSeq, served, mark) => {
        const given = { ...checkpoint, chatSeq, ...(served && { after: served }), mark };
        const read = readCheckpoint(Buffer.from(encodeCheckpoint(given)));
        expect(read).toEqual({ kind: "read", record: given });
      }),
    );
  });

  test("that cannot be read is not taken for none", () => {
    const broken = ["", "{", "{}", encodeCheckpoint({ ...checkpoint, chatSeq: -1 }), '{"v":2}'];
    const odd = encodeCheckpoint({ ...checkpoint, after: { seq: 1, owner: "x" as never } });
    for (const text of [...broken, odd]) expect(readCheckpoint(Buffer.from(text)).kind).toBe("unreadable");
  });

  test("fits a stream that has moved on, and tells what went before it was looked at", () => {
    verifies("DLV-75");
    expect(compareWithChat(checkpoint, chat)).toEqual({ kind: "fits" });
    expect(
      compareWithChat(checkpoint, { ...chat, firstSeq: 101, lastSeq: 101, storedAt: undefined }),
    ).toEqual({ kind: "fits" });
    expect(
      compareWithChat(checkpoint, { ...chat, firstSeq: 120, lastSeq: 200, storedAt: undefined }),
    ).toEqual({ kind: "behind", fromSeq: 101, toSeq: 119 });
  });

  test("fits no stream that has lost its end, was made anew, or holds another post in its place", () => {
    verifies("DLV-17");
    const lost = { kind: "lost", fromSeq: 1, toSeq: 100 };
    expect(compareWithChat(checkpoint, { ...chat, lastSeq: 99, storedAt: undefined })).toEqual(lost);
    expect(compareWithChat(checkpoint, { ...chat, created: "later" })).toEqual(lost);
    expect(compareWithChat(checkpoint, { ...chat, lastSeq: 500, storedAt: now + 1 })).toEqual({
      ...lost,
      toSeq: 500,
    });
  });

  test("fits no stream that ends before a membership began or ended", () => {
    verifies("DLV-17");
    const grown = { ...chat, lastSeq: 120 };
    expect(compareWithChat(checkpoint, { ...grown, cursor: 120 })).toEqual({ kind: "fits" });
    expect(compareWithChat(checkpoint, { ...grown, cursor: 120, isReplaced: true }).kind).toBe("lost");
    expect(compareWithChat(checkpoint, { ...grown, cursor: 121 })).toEqual({
      kind: "lost",
      fromSeq: 1,
      toSeq: 120,
    });
  });
});
