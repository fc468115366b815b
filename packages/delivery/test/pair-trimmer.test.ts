import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPairTrimmer, type Pair, type PairFill, type PairTrimmer } from "../src/pair-trimmer.ts";

const limit = 100;

/** A stream that takes so many messages under one subject, as the broker does; sequences count from 1. */
class Queue {
  readonly left = new Map<number, string>();
  readonly #sent = new Map<number, string>();
  readonly floors = new Map<string, number>();
  readonly exhausted: Pair[] = [];
  readonly trimmer: PairTrimmer;
  last = 0;
  counts = 0;

  constructor() {
    this.trimmer = createPairTrimmer({
      count: async () => {
        this.counts++;
        return this.#counts();
      },
      queues: async () => [...this.floors].map(([target, floor]) => ({ filter: `${target}.*`, floor })),
      purge: async ({ filter, upTo }) => this.#purge(filter, upTo),
      onExhausted: (pair) => this.exhausted.push(pair),
    });
  }

  /** Whether it was taken. */
  send(subject: string): boolean {
    if ((this.#counts()[subject] ?? 0) >= limit) return false;
    this.left.set(++this.last, subject);
    this.#sent.set(this.last, subject);
    return true;
  }

  handle(target: string, upTo: number): void {
    this.floors.set(target, Math.max(this.floors.get(target) ?? 0, Math.min(upTo, this.last)));
  }

  /** What must not be gone, and is: whatever is not handled, and the last of each subject. */
  missing(): readonly (readonly [seq: number, subject: string])[] {
    const lasts = new Set(new Map([...this.#sent].map(([seq, subject]) => [subject, seq])).values());
    const isHandled = (seq: number, subject: string): boolean =>
      seq <= (this.floors.get(subject.split(".")[0] ?? "") ?? 0);
    return [...this.#sent].filter(
      ([seq, subject]) => !this.left.has(seq) && (lasts.has(seq) || !isHandled(seq, subject)),
    );
  }

  trim(): Promise<number> {
    const firstSeq = Math.min(...this.left.keys(), this.last + 1);
    const fill: PairFill = {
      bytes: 1,
      maxBytes: 1e9,
      messages: this.left.size,
      firstSeq,
      lastSeq: this.last,
      limit,
    };
    return this.trimmer.trim(fill);
  }

  #counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const subject of this.left.values()) counts[subject] = (counts[subject] ?? 0) + 1;
    return counts;
  }

  #purge(subject: string, upTo: number): number {
    const gone = [...this.left].filter(([seq, one]) => one === subject && seq <= upTo);
    for (const [seq] of gone) this.left.delete(seq);
    return gone.length;
  }
}

describe("the trimmer of pairs", () => {
  test("removes nothing that is not handled, and the last of no pair", async () => {
    verifies("DLV-110", "DLV-76");
    const subject = fc.constantFrom("bob.ada", "bob.eve", "tom.ada");
    const step = fc.oneof(
      fc.record({ kind: fc.constant("send" as const), subject, count: fc.integer({ min: 1, max: 100 }) }),
      fc.record({
        kind: fc.constant("handle" as const),
        target: fc.constantFrom("bob", "tom"),
        back: fc.nat(40),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const queue = new Queue();
        for (const one of steps) {
          if (one.kind === "handle") queue.handle(one.target, queue.last - one.back);
          else for (let count = 0; count < one.count; count++) queue.send(one.subject);
          await queue.trim();
          expect(queue.missing()).toEqual([]);
        }
      }),
    );
  });

  test("lets a pair that is served carry many times its share, whatever waits beside it", async () => {
    verifies("DLV-110");
    const queue = new Queue();
    while (queue.send("tom.eve"));
    for (let sent = 0; sent < 20 * limit; sent++) {
      expect(queue.send("bob.ada")).toBe(true);
      queue.handle("bob", queue.last - 20);
      if (sent % 10 === 0) await queue.trim();
    }
    expect(queue.exhausted).toEqual([{ subject: "tom.eve", count: limit }]);
  });

  test("tells of a pair that takes no more once, and again when it was relieved in between", async () => {
    verifies("DLV-110");
    const queue = new Queue();
    const fill = (): void => {
      while (queue.send("bob.ada"));
    };
    fill();
    expect(await queue.trim()).toBe(1_000);
    await queue.trim();
    expect(queue.exhausted).toHaveLength(1);
    queue.handle("bob", queue.last);
    await queue.trim();
    expect(queue.left.size).toBe(40);
    fill();
    await queue.trim();
    expect(queue.left.size).toBe(60);
    fill();
    await queue.trim();
    expect(queue.exhausted).toHaveLength(2);
  });

  test("counts only when a pair may have many messages by now", async () => {
    const queue = new Queue();
    for (let sent = 0; sent < 50; sent++) queue.send("bob.ada");
    expect(await queue.trim()).toBe(20);
    expect(queue.counts).toBe(0);
    queue.send("bob.eve");
    await queue.trim();
    await queue.trim();
    expect(queue.counts).toBe(1);
  });
});
