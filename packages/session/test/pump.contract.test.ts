import { eventually, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { sleep, systemClock } from "../src/clock.ts";
import type { Entry } from "../src/entry.ts";
import type { Disposition } from "../src/hand.ts";
import { consumerInfo, deleteConsumer } from "../src/js-api.ts";
import { type PumpState, pump } from "../src/pump.ts";
import type { Session } from "../src/session.ts";
import { brokerOfFile, makeQueue, makeStream, newLink, publish, textOf, withSession } from "./support.ts";

const broker = brokerOfFile();
let streams = 0;

/** A session, and a stream of its own with a queue on it, both gone afterwards. */
async function withQueue(
  options: { readonly ackWaitMs?: number },
  run: (session: Session, stream: string) => Promise<void>,
): Promise<void> {
  const stream = `Q${++streams}`;
  await withSession(broker().url, async (session) => {
    await makeStream(session, stream);
    await makeQueue(session, stream, options.ackWaitMs);
    await run(session, stream);
  });
  await removeStream(stream);
}

async function removeStream(stream: string): Promise<void> {
  await withSession(broker().url, async (session) => {
    await session.connection.request(`$JS.API.STREAM.DELETE.${stream}`);
  });
}

const ack: Disposition = { kind: "ack" };

async function expectSettled(session: Session, stream: string): Promise<void> {
  await eventually(async () => {
    const { num_pending, num_ack_pending } = await consumerInfo(session, stream, "queue");
    expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 0, num_ack_pending: 0 });
  });
}

describe("pump", () => {
  test("hands every entry to the handler once and settles it", async () => {
    verifies("SESS-30", "SESS-33");
    await withQueue({}, async (session, stream) => {
      const bodies = Array.from({ length: 500 }, (_, at) => `m${at}`);
      await publish(session, `${stream}.a`, bodies);
      const seen: string[] = [];
      let working = 0;
      let most = 0;
      const handle = async (entry: Entry): Promise<Disposition> => {
        most = Math.max(most, ++working);
        await sleep(systemClock, 1);
        seen.push(textOf(entry));
        working--;
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 7, prefetch: 30, handle });
      await eventually(() => expect(seen).toHaveLength(500));
      expect(new Set(seen)).toEqual(new Set(bodies));
      expect(most).toBe(7);
      await expectSettled(session, stream);
    });
  });

  test("one at a time keeps the order of the stream", async () => {
    await withQueue({}, async (session, stream) => {
      await publish(
        session,
        `${stream}.a`,
        Array.from({ length: 100 }, (_, at) => `m${at}`),
      );
      const seqs: number[] = [];
      const handle = async ({ seq }: Entry): Promise<Disposition> => {
        seqs.push(seq);
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 1, prefetch: 20, handle });
      await eventually(() => expect(seqs).toHaveLength(100));
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    });
  });

  test("fetches no more than it may hold", async () => {
    verifies("SESS-33");
    await withQueue({}, async (session, stream) => {
      await publish(
        session,
        `${stream}.a`,
        Array.from({ length: 50 }, (_, at) => `m${at}`),
      );
      const started: Entry[] = [];
      const handle = (entry: Entry, signal: AbortSignal): Promise<Disposition> => {
        started.push(entry);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      };
      pump(session, { stream, consumer: "queue", concurrency: 2, prefetch: 3, handle });
      await eventually(async () => {
        expect(started).toHaveLength(2);
        const { num_pending, num_ack_pending } = await consumerInfo(session, stream, "queue");
        expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 45, num_ack_pending: 5 });
      });
    });
  });

  test("a handler that takes three times the ack wait does not see its entry twice", async () => {
    verifies("SESS-32");
    await withQueue({ ackWaitMs: 1_500 }, async (session, stream) => {
      await publish(session, `${stream}.a`, ["slow", "waiting"]);
      const seen: [string, number][] = [];
      const handle = async (entry: Entry): Promise<Disposition> => {
        seen.push([textOf(entry), entry.deliveries]);
        await sleep(systemClock, 4_500);
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 1, prefetch: 1, handle });
      await expectSettled(session, stream);
      expect(seen).toEqual([
        ["slow", 1],
        ["waiting", 1],
      ]);
      const { delivered } = await consumerInfo(session, stream, "queue");
      expect(delivered.consumer_seq).toBe(2);
    });
  });

  test("an entry whose handler fails comes again, one that is given up does not", async () => {
    verifies("SESS-31");
    await withQueue({}, async (session, stream) => {
      await publish(session, `${stream}.a`, ["fails", "asks", "hopeless", "fine"]);
      const seen: string[] = [];
      const handle = async (entry: Entry): Promise<Disposition> => {
        const body = textOf(entry);
        seen.push(body);
        if (body === "hopeless") return { kind: "terminate", reason: "not\r\nfor me" };
        if (entry.deliveries < 3 && body === "asks") return { kind: "retry", delayMs: 20 };
        if (entry.deliveries === 1 && body === "fails") throw new Error("this time");
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 1, handle });
      await eventually(() => expect(seen).toHaveLength(7));
      expect(seen.filter((body) => body === "fails")).toHaveLength(2);
      expect(seen.filter((body) => body === "asks")).toHaveLength(3);
      expect(seen.filter((body) => body === "hopeless")).toHaveLength(1);
      await expectSettled(session, stream);
    });
  });

  test("an entry that was handled but not settled comes again", async () => {
    verifies("SESS-30");
    const stream = `Q${++streams}`;
    let handled = 0;
    const crash = { reach: () => Promise.reject(new Error("the process died here")) };
    const first = newLink(broker().url, { faults: crash });
    const session = await first.link.start();
    await makeStream(session, stream);
    await makeQueue(session, stream, 1_000);
    await publish(session, `${stream}.a`, ["once more"]);
    const handle = async (): Promise<Disposition> => {
      handled++;
      return ack;
    };
    pump(session, { stream, consumer: "queue", concurrency: 1, handle });
    await eventually(() => expect(handled).toBe(1));
    expect((await consumerInfo(session, stream, "queue")).num_ack_pending).toBe(1);
    await first.link.stop();

    const deliveries: number[] = [];
    await withSession(broker().url, async (session) => {
      const again = async (entry: Entry): Promise<Disposition> => {
        deliveries.push(entry.deliveries);
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 1, handle: again });
      await expectSettled(session, stream);
    });
    expect(deliveries).toEqual([2]);
    await removeStream(stream);
  });

  test("what is held when the session ends goes to another receiver at once", async () => {
    verifies("SESS-35");
    await withQueue({ ackWaitMs: 600_000 }, async (session, stream) => {
      await publish(session, `${stream}.a`, ["in work", "waiting"]);
      const other = newLink(broker().url);
      const held: string[] = [];
      const hold = (entry: Entry): Promise<Disposition> => {
        held.push(textOf(entry));
        return new Promise(() => undefined);
      };
      const busy = await other.link.start();
      pump(busy, { stream, consumer: "queue", concurrency: 1, prefetch: 1, handle: hold });
      await eventually(() => expect(held).toEqual(["in work"]));
      await other.link.stop();

      const seen: string[] = [];
      const handle = async (entry: Entry): Promise<Disposition> => {
        seen.push(textOf(entry));
        return ack;
      };
      pump(session, { stream, consumer: "queue", concurrency: 1, handle });
      await eventually(() => expect(new Set(seen)).toEqual(new Set(["in work", "waiting"])));
    });
  });

  test("what is on its way when the session ends goes to another receiver at once", async () => {
    verifies("SESS-35");
    await withQueue({}, async (other, stream) => {
      await using proxy = await startFaultProxy({ targetPort: broker().port });
      const handled: string[] = [];
      const handle = async (entry: Entry): Promise<Disposition> => {
        handled.push(textOf(entry));
        return ack;
      };
      const pending = async (count: number): Promise<void> => {
        const { num_ack_pending } = await consumerInfo(other, stream, "queue");
        expect(num_ack_pending).toBe(count);
      };
      await withSession(proxy.url, async (session) => {
        pump(session, { stream, consumer: "queue", concurrency: 1, handle });
        await publish(other, `${stream}.a`, ["first"]);
        await eventually(() => expect(handled).toEqual(["first"]));
        await eventually(() => pending(0));
        proxy.setLatency(200);
        await publish(other, `${stream}.a`, ["late"]);
        await eventually(() => pending(1));
      });
      expect(handled).toEqual(["first"]);
      pump(other, { stream, consumer: "queue", concurrency: 1, handle });
      // Long before the ack wait of the queue is over.
      await eventually(() => expect(handled).toEqual(["first", "late"]), { timeoutMs: 10_000 });
    });
  });

  test("an entry that is handed out again while it is held is handled once and settled", async () => {
    verifies("SESS-36");
    await withQueue({ ackWaitMs: 1_000 }, async (session, stream) => {
      await publish(session, `${stream}.a`, ["held"]);
      const seen: number[] = [];
      const paused = new Promise<void>((resolve) => setTimeout(resolve, 3_500));
      const handle = async ({ deliveries }: Entry): Promise<Disposition> => {
        seen.push(deliveries);
        await paused;
        return ack;
      };
      pump(withoutProgress(session), { stream, consumer: "queue", concurrency: 1, prefetch: 4, handle });
      await eventually(async () => {
        const { delivered } = await consumerInfo(session, stream, "queue");
        expect(delivered.consumer_seq).toBeGreaterThan(1);
      });
      await expectSettled(session, stream);
      expect(seen).toEqual([1]);
    });
  });

  test("finds a deleted consumer again once its owner has made it", async () => {
    verifies("SESS-34");
    await withQueue({}, async (session, stream) => {
      const seen: string[] = [];
      const states: PumpState["kind"][] = [];
      let missing = 0;
      const handle = async (entry: Entry): Promise<Disposition> => {
        seen.push(textOf(entry));
        return ack;
      };
      const onMissing = async (): Promise<void> => {
        if (++missing === 2) await makeQueue(session, stream);
      };
      const onState = ({ kind }: PumpState): void => void states.push(kind);
      pump(session, { stream, consumer: "queue", concurrency: 1, handle, onMissing, onState });
      await publish(session, `${stream}.a`, ["before"]);
      await eventually(() => expect(seen).toEqual(["before"]));
      await deleteConsumer(session, stream, "queue");
      await publish(session, `${stream}.a`, ["after"]);
      await eventually(() => expect(seen).toContain("after"));
      expect(missing).toBe(2);
      expect(states).toEqual(["pulling", "waiting", "waiting", "pulling"]);
    });
  });
});

/** The same session, over a connection that swallows what keeps an entry in hand. */
function withoutProgress(session: Session): Session {
  const connection = new Proxy(session.connection, {
    get: (target, name) => {
      if (name !== "publish") {
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (...args: Parameters<typeof target.publish>) => {
        const [, body] = args;
        const isProgress = body instanceof Uint8Array && new TextDecoder().decode(body) === "+WPI";
        if (!isProgress) target.publish(...args);
      };
    },
  });
  return { ...session, connection };
}
