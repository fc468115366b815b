import { setTimeout as pause } from "node:timers/promises";
import { spreadOf } from "../statistics.ts";

/** How a known number of messages came to its end. */
export interface Arrivals {
  readonly medianNs: number;
  /** When the last one did, as `process.hrtime` counts. */
  readonly lastAt: bigint;
}

/** Counts messages until all that were announced have come. */
export interface Tally {
  /** Begins anew. */
  expect(count: number): void;
  /** One that was sent at `sentAt` has come, now unless told. */
  note(sentAt: bigint, at?: bigint): void;
  /** Rejects when fewer have come in time, or more. */
  complete(): Promise<Arrivals>;
}

const lookMs = 1;

export function createTally({ deadlineMs = 60_000 }: { readonly deadlineMs?: number } = {}): Tally {
  let expected = 0;
  let tookNs: number[] = [];
  let lastAt = 0n;
  return {
    expect: (count) => {
      if (tookNs.length !== expected) throw wrongCount(tookNs.length, expected);
      expected = count;
      tookNs = [];
    },
    note: (sentAt, at = process.hrtime.bigint()) => {
      if (at > lastAt) lastAt = at;
      tookNs.push(Number(at - sentAt));
    },
    complete: async () => {
      const until = performance.now() + deadlineMs;
      while (tookNs.length < expected && performance.now() < until) await pause(lookMs);
      if (tookNs.length !== expected) throw wrongCount(tookNs.length, expected);
      return { medianNs: spreadOf(tookNs).median, lastAt };
    },
  };
}

function wrongCount(came: number, expected: number): Error {
  return new Error(`${came} messages came where ${expected} were sent`);
}
