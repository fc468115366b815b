import { verifies } from "@cotal/requirements";
import type { Disposition } from "@cotal/session";
import { describe, expect, test } from "vitest";
import { type Delivery, type Outcome, reject, retryLater } from "../src/delivery.ts";
import { createDemand } from "../src/demand.ts";
import { createIntake } from "../src/intake.ts";
import { createReceiver } from "../src/receiver.ts";
import { type ArrivalDraft, arrivalOf, fakeCore } from "./support-receiving.ts";

function receiverOf() {
  const { core, clock, faults } = fakeCore();
  const desk = createIntake(core);
  const demand = createDemand();
  const receiver = createReceiver(core, { desk, demand });
  const { signal } = new AbortController();
  const take = (draft: ArrivalDraft = {}) => {
    const answers: Disposition[] = [];
    void desk.take(arrivalOf({ source: "dm", ...draft }), signal).then((one) => answers.push(one));
    return answers;
  };
  const settled = (): Promise<void> => clock.advance(0);
  return { receiver, demand, desk, clock, faults, take, settled };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "no failure";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const ack: Disposition = { kind: "ack" };
const forever = (): Promise<void> => new Promise(() => undefined);

describe("a handler", () => {
  test("acks by resolving, asks again by throwing, and terminates by a rejection", async () => {
    verifies("ENDP-25");
    const { receiver, take, settled, faults } = receiverOf();
    const outcomes: Record<string, () => Promise<Outcome | undefined>> = {
      fine: async () => undefined,
      broken: () => Promise.reject(new Error("broken")),
      hopeless: async () => reject("not for me"),
      later: async () => retryLater(5),
    };
    const answers = Object.fromEntries(Object.keys(outcomes).map((id) => [id, take({ id })]));
    receiver.onMessage(async ({ message }) => await outcomes[message.id]?.());
    await settled();
    expect(answers).toEqual({
      fine: [ack],
      broken: [{ kind: "retry", delayMs: 1_000 }],
      hopeless: [{ kind: "terminate", reason: "not for me" }],
      later: [{ kind: "retry", delayMs: 5 }],
    });
    expect(faults.map(({ code, data }) => [code, data.id, data.givenUp])).toEqual([
      ["handler-failed", "broken", false],
    ]);
  });

  test("gets a message no more after so many failures, and that is told", async () => {
    verifies("ENDP-25");
    const { receiver, take, settled, faults } = receiverOf();
    let calls = 0;
    const failing = async (): Promise<void> => {
      calls++;
      throw new Error("again");
    };
    receiver.onMessage(failing, { maxAttempts: 2 });
    const first = take();
    await settled();
    const second = take({ deliveries: 2 });
    await settled();
    expect([first, second]).toEqual([
      [{ kind: "retry", delayMs: 1_000 }],
      [{ kind: "terminate", reason: "max-attempts" }],
    ]);
    expect([calls, faults.map(({ data }) => data.givenUp)]).toEqual([2, [false, true]]);
  });

  test("works on no more at once than asked for, and on a message only once however long it takes", async () => {
    verifies("ENDP-27");
    const { receiver, clock, take, settled } = receiverOf();
    const begun: string[] = [];
    const slow = async ({ message }: Delivery): Promise<void> => {
      begun.push(message.id);
      await forever();
    };
    receiver.onMessage(slow, { concurrency: 2 });
    for (const id of ["a", "b", "c"]) take({ id });
    await settled();
    take({ id: "a", deliveries: 2 });
    await clock.advance(3_600_000);
    expect(begun).toEqual(["a", "b"]);
  });

  test("may settle before it ends, and the first word counts", async () => {
    verifies("ENDP-22");
    const { receiver, take, settled } = receiverOf();
    const answers = [take({ id: "a" }), take({ id: "b" })];
    const seen: string[] = [];
    receiver.onMessage(async (delivery) => {
      seen.push(delivery.message.id);
      delivery.settle(delivery.message.id === "a" ? "handled" : retryLater(1));
      delivery.settle(reject("too late"));
      throw new Error("too late");
    });
    await settled();
    expect(answers).toEqual([[ack], [{ kind: "retry", delayMs: 1 }]]);
    take({ id: "b", deliveries: 2 });
    await settled();
    expect(seen).toEqual(["a", "b", "b"]);
  });

  test("is given time to end, and nothing more to do", async () => {
    const { receiver, demand, clock, take, settled } = receiverOf();
    let finish: () => void = () => undefined;
    let asked = false;
    const handler = async (_: Delivery, signal: AbortSignal): Promise<void> => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      asked = signal.aborted;
    };
    const receiving = receiver.onMessage(handler);
    const [inWork, next] = [take({ id: "a" }), take({ id: "b" })];
    await settled();
    let stopped = false;
    const stopping = receiving.stop().then(() => {
      stopped = true;
    });
    await clock.advance(9_000);
    expect([stopped, demand.concurrency]).toEqual([false, 1]);
    finish();
    await stopping;
    expect([asked, inWork, next, demand.concurrency]).toEqual([true, [ack], [], undefined]);
    expect(clock.pending).toBe(0);
  });

  test("that does not end is left to itself after ten seconds, and what it says later still counts", async () => {
    const { receiver, demand, clock, take, settled } = receiverOf();
    let finish: () => void = () => undefined;
    const stuck = receiver.onMessage(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const answers = take();
    await settled();
    const stopping = stuck.stop();
    await clock.advance(10_000);
    await stopping;
    expect(demand.concurrency).toBeUndefined();
    const seen: string[] = [];
    receiver.onMessage(async ({ message }) => void seen.push(message.id));
    finish();
    take({ id: "b" });
    await settled();
    expect([answers, seen]).toEqual([[ack], ["b"]]);
  });

  test("is ended by its signal, also one that is aborted already", async () => {
    verifies("ENDP-11");
    const { receiver, demand, take, settled } = receiverOf();
    const abort = new AbortController();
    receiver.onMessage(async () => undefined, { signal: abort.signal });
    abort.abort();
    await settled();
    expect(demand.concurrency).toBeUndefined();
    receiver.onMessage(async () => undefined, { signal: abort.signal });
    const answers = take();
    await settled();
    expect([demand.concurrency, answers]).toEqual([undefined, []]);
  });

  test("that returns a delay which is none has failed", async () => {
    const { receiver, take, settled, faults } = receiverOf();
    const answers = take();
    receiver.onMessage(async () => retryLater(Number.NaN));
    await settled();
    expect(answers).toEqual([{ kind: "retry", delayMs: 1_000 }]);
    expect(faults[0]?.cause).toMatchObject({ code: "bad-outcome" });
  });
});

describe("an iterator", () => {
  test("settles nothing by going on", async () => {
    verifies("ENDP-26");
    const { receiver, clock, take, settled } = receiverOf();
    const answers = [take({ id: "a" }), take({ id: "b" })];
    const seen: [string, boolean][] = [];
    void (async () => {
      for await (const { message, redelivered } of receiver.messages()) seen.push([message.id, redelivered]);
    })();
    await clock.advance(59_000);
    expect([answers, seen.length]).toEqual([[[], []], 2]);
    await clock.advance(1_000);
    expect(seen.slice(2)).toEqual([
      ["a", true],
      ["b", true],
    ]);
    await settled();
  });

  test("shows a message no second time while its receiver is at it", async () => {
    const { receiver, clock, take } = receiverOf();
    const answers = take();
    const messages = receiver.messages();
    const { value } = await messages.next();
    await clock.advance(3_600_000);
    value?.settle("handled");
    await clock.advance(0);
    expect(answers).toEqual([ack]);
  });

  test("lets a message be settled after going on", async () => {
    verifies("ENDP-22", "ENDP-26");
    const { receiver, take, clock } = receiverOf();
    const answers = [take({ id: "a" }), take({ id: "b" })];
    const messages = receiver.messages();
    const first = await messages.next();
    await messages.next();
    first.value?.settle("handled");
    await clock.advance(60_000);
    expect(answers).toEqual([[ack], []]);
  });

  test("ends when its loop is left, and what it had counts as left", async () => {
    const { receiver, demand, desk, clock, take } = receiverOf();
    take();
    for await (const delivery of receiver.messages()) {
      expect(demand.concurrency).toBe(1);
      expect(delivery.source).toBe("dm");
      break;
    }
    expect([demand.concurrency, desk.counts]).toEqual([undefined, { waiting: 0, inHand: 1, expired: 0 }]);
    await clock.advance(60_000);
    expect(desk.counts).toEqual({ waiting: 1, inHand: 0, expired: 0 });
  });

  test("ends without an error by its signal or by its return, also while it waits", async () => {
    verifies("ENDP-11");
    const { receiver, demand, settled } = receiverOf();
    const abort = new AbortController();
    const waiting = receiver.messages({ signal: abort.signal }).next();
    await settled();
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const other = receiver.messages();
    const next = other.next();
    await other.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await other.next()).toEqual({ done: true, value: undefined });
    expect(demand.concurrency).toBeUndefined();
  });

  test("that is ended just as a message comes leaves that message", async () => {
    const { receiver, desk, clock, take } = receiverOf();
    const messages = receiver.messages();
    const next = messages.next();
    take();
    await Promise.all([messages.return?.(), clock.advance(60_000)]);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(desk.counts).toEqual({ waiting: 1, inHand: 0, expired: 0 });
  });

  test("asked twice at once gives two messages, and counts the first as left", async () => {
    const { receiver, take, clock } = receiverOf();
    take({ id: "a" });
    take({ id: "b" });
    const messages = receiver.messages();
    const both = await Promise.all([messages.next(), messages.next()]);
    expect(both.map(({ value }) => value?.message.id)).toEqual(["a", "b"]);
    await clock.advance(60_000);
    expect((await messages.next()).value).toMatchObject({ redelivered: true, message: { id: "a" } });
  });
});

describe("receiving", () => {
  test("is done by one at a time, and can be taken up again", async () => {
    const { receiver } = receiverOf();
    const first = receiver.onMessage(async () => undefined);
    expect(codeOf(() => receiver.onMessage(async () => undefined))).toBe("already-receiving");
    await expect(receiver.messages().next()).rejects.toMatchObject({ code: "already-receiving" });
    await first.stop();
    await first.stop();
    await receiver.onMessage(async () => undefined)[Symbol.asyncDispose]();
  });

  test("ends with the endpoint, for good", async () => {
    verifies("ENDP-10");
    const { receiver, clock, settled } = receiverOf();
    const waiting = receiver.messages().next();
    await settled();
    await receiver.stop();
    await receiver.stop();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(codeOf(() => receiver.onMessage(async () => undefined))).toBe("stopped");
    expect(clock.pending).toBe(0);
  });

  test("refuses options and outcomes that are none", async () => {
    const { receiver, take } = receiverOf();
    for (const options of [
      { concurrency: 0 },
      { concurrency: 1.5 },
      { concurrency: 1_001 },
      { maxAttempts: 0 },
    ]) {
      expect(codeOf(() => receiver.onMessage(async () => undefined, options))).toBe("bad-options");
    }
    take();
    const { value } = await receiver.messages().next();
    for (const outcome of ["done", undefined, { kind: "reject" }, retryLater(-1), retryLater(1e12)]) {
      expect(codeOf(() => value?.settle(outcome as Outcome))).toBe("bad-outcome");
    }
  });
});
