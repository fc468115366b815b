import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import type { Entry } from "../src/entry.ts";
import { createConsumer, deleteConsumer } from "../src/js-api.ts";
import type { Session } from "../src/session.ts";
import { type TailOptions, tail } from "../src/tail.ts";
import { brokerOfFile, makeStream, publish, withSession } from "./support.ts";

const broker = brokerOfFile();
let streams = 0;

async function withStream(run: (session: Session, stream: string) => Promise<void>): Promise<void> {
  const stream = `T${++streams}`;
  await withSession(broker().url, async (session) => {
    await makeStream(session, stream);
    try {
      await run(session, stream);
    } finally {
      await session.connection.request(`$JS.API.STREAM.DELETE.${stream}`);
    }
  });
}

/** Opens a new consumer each time and tells the names it gave. */
function opener(
  session: Session,
  stream: string,
): { readonly names: string[]; readonly open: TailOptions["open"] } {
  const names: string[] = [];
  const open: TailOptions["open"] = async (after) => {
    const consumer = `tail${names.length}`;
    names.push(consumer);
    const start =
      after === undefined
        ? { deliver_policy: "all" as const }
        : { deliver_policy: "by_start_sequence" as const, opt_start_seq: after + 1 };
    const info = await createConsumer(session, stream, {
      name: consumer,
      ...start,
      ack_policy: "none",
      mem_storage: true,
      inactive_threshold: 30e9,
    });
    return { consumer, pending: info.num_pending, delivered: info.delivered.consumer_seq };
  };
  return { names, open };
}

const numbers = (length: number): string[] => Array.from({ length }, (_, at) => String(at));
const counting = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);

describe("tail", () => {
  test("takes what is there, says so, and goes on with what comes", async () => {
    verifies("SESS-40", "SESS-41");
    await withStream(async (session, stream) => {
      await publish(session, `${stream}.a`, numbers(700));
      const seqs: number[] = [];
      const caughtUpAt: number[] = [];
      const { open, names } = opener(session, stream);
      tail(session, {
        stream,
        open,
        onEntry: ({ seq }) => void seqs.push(seq),
        onCaughtUp: () => caughtUpAt.push(seqs.length),
      });
      await eventually(() => expect(caughtUpAt).toEqual([700]));
      await publish(session, `${stream}.a`, numbers(50));
      await eventually(() => expect(seqs).toHaveLength(750));
      expect(seqs).toEqual(counting(750));
      expect(names).toHaveLength(1);
      expect(caughtUpAt).toEqual([700]);
    });
  });

  test("is caught up at once on an empty stream", async () => {
    verifies("SESS-41");
    await withStream(async (session, stream) => {
      let caughtUp = 0;
      const { open } = opener(session, stream);
      tail(session, { stream, open, onEntry: () => undefined, onCaughtUp: () => caughtUp++ });
      await eventually(() => expect(caughtUp).toBe(1));
    });
  });

  test("reads an entry again when its taker fails, and none twice that was taken", async () => {
    verifies("SESS-43");
    await withStream(async (session, stream) => {
      await publish(session, `${stream}.a`, numbers(20));
      const taken: number[] = [];
      let failures = 0;
      const onEntry = async ({ seq }: Entry): Promise<void> => {
        if (seq === 7 && failures++ < 2) throw new Error("not yet");
        taken.push(seq);
      };
      const { open } = opener(session, stream);
      tail(session, { stream, open, onEntry });
      await eventually(() => expect(taken).toHaveLength(20));
      expect(taken).toEqual(counting(20));
      expect(failures).toBe(3);
    });
  });

  test("goes on behind the last entry when its consumer vanishes", async () => {
    verifies("SESS-40", "SESS-42");
    await withStream(async (session, stream) => {
      await publish(session, `${stream}.a`, numbers(10));
      const seqs: number[] = [];
      const { open, names } = opener(session, stream);
      tail(session, { stream, open, onEntry: ({ seq }) => void seqs.push(seq) });
      await eventually(() => expect(seqs).toHaveLength(10));
      await deleteConsumer(session, stream, "tail0");
      await publish(session, `${stream}.a`, numbers(10));
      await eventually(() => expect(seqs).toHaveLength(20));
      expect(seqs).toEqual(counting(20));
      expect(names.length).toBeGreaterThan(1);
    });
  });

  test("opens anew after two seconds of silence and misses nothing", async () => {
    verifies("SESS-42");
    await withStream(async (session, stream) => {
      const seqs: number[] = [];
      const faults: string[] = [];
      const { open, names } = opener(session, stream);
      tail(
        deafTo(session, () => names.length === 1 && seqs.length >= 5),
        {
          stream,
          open,
          onEntry: ({ seq }) => void seqs.push(seq),
          onFault: ({ message }) => faults.push(message),
        },
      );
      await publish(session, `${stream}.a`, numbers(5));
      await eventually(() => expect(seqs).toHaveLength(5));
      await publish(session, `${stream}.a`, numbers(5));
      await eventually(() => expect(seqs).toHaveLength(10));
      expect(seqs).toEqual(counting(10));
      expect(faults).toContain("the consumer fell silent");
    });
  });

  test("notices entries that were lost on the way and reads them again", async () => {
    verifies("SESS-40");
    await withStream(async (session, stream) => {
      const seqs: number[] = [];
      const { open, names } = opener(session, stream);
      let heard = 0;
      tail(
        deafTo(session, () => names.length === 1 && ++heard === 3),
        {
          stream,
          open,
          onEntry: ({ seq }) => void seqs.push(seq),
        },
      );
      await publish(session, `${stream}.a`, numbers(8));
      await eventually(() => expect(seqs).toHaveLength(8));
      expect(seqs).toEqual(counting(8));
      expect(names).toHaveLength(2);
    });
  });

  test("follows through a broker that stands still", async () => {
    verifies("SESS-40");
    await withStream(async (session, stream) => {
      const seqs: number[] = [];
      const { open } = opener(session, stream);
      tail(session, { stream, open, onEntry: ({ seq }) => void seqs.push(seq) });
      await publish(session, `${stream}.a`, numbers(5));
      await eventually(() => expect(seqs).toHaveLength(5));
      await standStill(3_000);
      await publish(session, `${stream}.a`, numbers(5));
      await eventually(() => expect(seqs).toHaveLength(10));
      expect(seqs).toEqual(counting(10));
    });
  });
});

async function standStill(ms: number): Promise<void> {
  await broker().pause();
  try {
    await new Promise((resolve) => setTimeout(resolve, ms));
  } finally {
    await broker().resume();
  }
}

/** The same session, over a connection on which what arrives is lost whenever `deaf` says so. */
function deafTo(session: Session, deaf: () => boolean): Session {
  const connection = new Proxy(session.connection, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "subscribe") return typeof value === "function" ? value.bind(target) : value;
      return (...[subject, options]: Parameters<typeof target.subscribe>) =>
        target.subscribe(subject, {
          ...options,
          callback: (error, message) => {
            if (!deaf()) options?.callback?.(error, message);
          },
        });
    },
  });
  return { ...session, connection };
}
