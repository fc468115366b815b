import { verifies } from "@cotal/requirements";
import type { OwnerId } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, batchLimits, createBatchPlan } from "../../src/core/batch-plan.ts";
import type { Position } from "../../src/core/checkpoint.ts";
import type { Outgoing } from "../../src/core/copy.ts";
import { owners } from "./support.ts";

interface Sent {
  readonly seq: number;
  readonly owner: OwnerId;
}

const posts = fc
  .array(fc.uniqueArray(fc.nat(owners.length - 1)), { maxLength: 12 })
  .map((rows) =>
    rows.map((row, at) => ({ seq: at + 1, to: row.sort().map((index) => owners[index] as OwnerId) })),
  );
const limits = fc.record({
  messages: fc.integer({ min: 1, max: 7 }),
  bytes: fc.integer({ min: 10, max: 90 }),
});
const origin: Position = { chatSeq: 0 };

function copy(seq: number, owner: OwnerId, fields: Partial<Outgoing> = {}): Outgoing {
  return { owner, bytes: 10, message: { subject: `${seq}.${owner}`, data: "" }, ...fields };
}

function sentIn({ messages }: Batch): Sent[] {
  return messages.map(({ subject }) => {
    const [seq = "", owner = ""] = subject.split(".");
    return { seq: Number(seq), owner: owner as OwnerId };
  });
}

function isServed({ chatSeq, after }: Position, { seq, owner }: Sent): boolean {
  return seq <= chatSeq || (after?.seq === seq && owner <= after.owner);
}

describe("a batch", () => {
  test("has a place left for the checkpoint and stays within 4 MiB", () => {
    verifies("DLV-31");
    expect(batchLimits).toEqual({ messages: 999, bytes: 4_194_304 });
    const plan = createBatchPlan(origin);
    const many = Array.from({ length: 2_500 }, () => copy(1, owners[0] as OwnerId));
    expect(plan.add(1, many).map(({ messages }) => messages.length)).toEqual([999, 999]);
    expect(plan.flush()?.messages).toHaveLength(502);
    const large = Array.from({ length: 5 }, () => copy(2, owners[0] as OwnerId, { bytes: 1_000_000 }));
    expect(plan.add(2, large).map(({ bytes }) => bytes)).toEqual([4_000_000]);
  });

  test("that is too large because of one message holds that message alone", () => {
    const plan = createBatchPlan(origin, { messages: 5, bytes: 15 });
    const sizes = [5, 50, 5].map((bytes, at) => copy(1, owners[at] as OwnerId, { bytes }));
    const batches = [...plan.add(1, sizes), plan.flush()];
    expect(batches.map((batch) => batch?.bytes)).toEqual([5, 50, 5]);
  });

  test("holds all that stands below its position and nothing twice", () => {
    verifies("DLV-31", "DLV-38", "DLV-40", "DLV-43", "DLV-47", "DLV-90");
    fc.assert(
      fc.property(posts, limits, (given, bounds) => {
        const plan = createBatchPlan(origin, bounds);
        const batches = given.flatMap(({ seq, to }) =>
          plan.add(
            seq,
            to.map((owner) => copy(seq, owner)),
          ),
        );
        const rest = plan.flush();
        const stored: Sent[] = [];
        let last = origin;
        for (const batch of [...batches, ...(rest ? [rest] : [])]) {
          expect(batch.messages.length).toBeLessThanOrEqual(bounds.messages);
          expect(batch.bytes <= bounds.bytes || batch.messages.length === 1).toBe(true);
          stored.push(...sentIn(batch));
          expect(batch.position.chatSeq).toBeGreaterThanOrEqual(last.chatSeq);
          last = batch.position;
          const below = given.flatMap(({ seq, to }) =>
            to.map((owner) => ({ seq, owner })).filter((one) => isServed(last, one)),
          );
          expect(stored).toEqual(below);
        }
        expect(plan.position).toEqual({ chatSeq: given.length });
        expect(plan.flush()).toBeUndefined();
      }),
    );
  });

  test("that was the last one committed is followed by exactly what is missing", () => {
    verifies("DLV-38", "DLV-40", "DLV-43", "DLV-47", "DLV-93");
    fc.assert(
      fc.property(posts, limits, fc.nat(20), (given, bounds, committed) => {
        const run = (start: Position): Batch[] => {
          const plan = createBatchPlan(start, bounds);
          const batches = given.flatMap(({ seq, to }) =>
            plan.add(
              seq,
              to.map((owner) => copy(seq, owner)),
            ),
          );
          const rest = plan.flush();
          return rest ? [...batches, rest] : batches;
        };
        const before = run(origin).slice(0, committed);
        const after = run(before.at(-1)?.position ?? origin);
        const all = given.flatMap(({ seq, to }) => to.map((owner) => ({ seq, owner })));
        expect([...before, ...after].flatMap(sentIn)).toEqual(all);
      }),
    );
  });

  test("is made of a position alone when no owner is due, and only when it is new", () => {
    verifies("DLV-39", "DLV-47");
    const plan = createBatchPlan({ chatSeq: 4 });
    expect([plan.isEmpty, plan.flush()]).toEqual([true, undefined]);
    plan.add(4, [copy(4, owners[0] as OwnerId)]);
    expect([plan.isEmpty, plan.position]).toEqual([true, { chatSeq: 4 }]);
    plan.add(9, []);
    expect(plan.isEmpty).toBe(false);
    expect(plan.flush()).toMatchObject({ messages: [], bytes: 0, position: { chatSeq: 9 } });
    expect(plan.flush()).toBeUndefined();
  });

  test("does not skip owners of a later post for those that an earlier one had served", () => {
    verifies("DLV-38");
    const [first, second] = owners as [OwnerId, OwnerId, ...OwnerId[]];
    const plan = createBatchPlan({ chatSeq: 4, after: { seq: 5, owner: second } });
    plan.add(6, [copy(6, first)]);
    expect(plan.flush()?.messages).toHaveLength(1);
  });

  test("holds the last state of what is replaced, once", () => {
    verifies("DLV-65");
    const [first] = owners as [OwnerId, ...OwnerId[]];
    const list = (data: string, bytes: number): Outgoing => ({
      owner: first,
      bytes,
      message: { subject: "list", data },
      replaces: true,
    });
    const plan = createBatchPlan(origin, { messages: 2, bytes: 100 });
    expect(plan.add(1, [list("a", 40)])).toEqual([]);
    expect(plan.add(2, [copy(2, first), list("ab", 60)])).toEqual([]);
    const [full] = plan.add(3, [list("abc", 95)]);
    expect(full).toMatchObject({ bytes: 70, position: { chatSeq: 2 } });
    expect(full?.messages.map(({ data }) => data)).toEqual(["ab", ""]);
    expect(plan.flush()).toMatchObject({ bytes: 95, messages: [{ data: "abc" }] });
  });
});
