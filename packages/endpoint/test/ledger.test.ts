import { verifies } from "@cotal/requirements";
import type { Disposition } from "@cotal/session";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Source } from "../src/arrival.ts";
import { reject, retryLater } from "../src/delivery.ts";
import { type Copy, Ledger, type LedgerOptions } from "../src/ledger.ts";
import { ledgerCommands, runLedger } from "./support-ledger.ts";
import { type ArrivalDraft, arrivalOf, bob } from "./support-receiving.ts";

const roomy: LedgerOptions = {
  maxLiveMessages: 1_000,
  maxLiveBytes: 1_000_000,
  maxSeen: 1_000,
  ackWaitMs: 60_000,
};

interface Taken extends Copy {
  readonly answers: Disposition[];
}

function ledgerOf(options: Partial<LedgerOptions> = {}) {
  const gaps: [string, number][] = [];
  const ledger = new Ledger({ ...roomy, ...options }, (channel, count) => gaps.push([channel, count]));
  const take = (draft: ArrivalDraft = {}, now = 0): Taken => {
    const answers: Disposition[] = [];
    const arrival = arrivalOf({ source: "backstop", ...draft });
    const copy = { arrival, answers, answer: (disposition: Disposition) => void answers.push(disposition) };
    ledger.take(copy, now);
    return copy;
  };
  const next = () => {
    const surfaced = ledger.next();
    if (!surfaced) throw new Error("nothing is queued");
    return surfaced;
  };
  return { ledger, gaps, take, next, offer: (draft: ArrivalDraft = {}) => ledger.offer(arrivalOf(draft)) };
}

const ack: Disposition = { kind: "ack" };

describe("a message that comes by several ways", () => {
  test("is handed over once, and its copies share what becomes of it", () => {
    verifies("ENDP-22", "ENDP-23");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    const waiting = take();
    const surfaced = next();
    const inHands = take();
    offer({ source: "history" });
    expect(ledger.next()).toBeUndefined();
    expect([waiting.answers, inHands.answers]).toEqual([[], []]);
    ledger.settle(surfaced, "handled");
    expect([waiting.answers, inHands.answers, take().answers]).toEqual([[ack], [ack], [ack]]);
    offer();
    expect(ledger.next()).toBeUndefined();
  });

  test("is another message when another peer sent it under the same id", () => {
    verifies("ENDP-23");
    const { ledger, offer } = ledgerOf();
    offer({ id: "same" });
    offer({ id: "same", sender: bob });
    expect(ledger.queued).toBe(2);
  });

  test("after a failed handler its copies go back, and the next one is handed over as redelivered", () => {
    verifies("ENDP-23", "ENDP-25");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    const copy = take();
    ledger.settle(next(), { kind: "failed", maxAttempts: 5 });
    expect(copy.answers).toEqual([{ kind: "retry", delayMs: 1_000 }]);
    const again = take({ deliveries: 2 });
    const surfaced = next();
    expect(surfaced).toMatchObject({ redelivered: true, arrival: { source: "backstop" } });
    ledger.settle(surfaced, { kind: "failed", maxAttempts: 5 });
    expect(again.answers).toEqual([{ kind: "retry", delayMs: 2_000 }]);
  });

  test("is rejected for all its copies, and for those that come later", () => {
    verifies("ENDP-25");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    const copy = take();
    ledger.settle(next(), reject("not for me"));
    const terminate = { kind: "terminate", reason: "not for me" };
    expect([copy.answers, take().answers]).toEqual([[terminate], [terminate]]);
  });

  test("is rejected after as many failures as it may have, however often its queue handed it out", () => {
    verifies("ENDP-25");
    const { ledger, take, next } = ledgerOf();
    for (const failure of [1, 2, 3]) {
      const { answers } = take({ deliveries: 40 + failure });
      ledger.settle(next(), { kind: "failed", maxAttempts: 3 });
      expect(answers.map(({ kind }) => kind)).toEqual([failure < 3 ? "retry" : "terminate"]);
    }
  });

  test("comes again when the receiver asks for that, as late as it says, and not as a failure", () => {
    const { ledger, take, next } = ledgerOf();
    for (const deliveries of [1, 2, 3]) {
      const { answers } = take({ deliveries });
      ledger.settle(next(), retryLater(7));
      expect(answers).toEqual([{ kind: "retry", delayMs: 7 }]);
    }
    const { answers } = take({ deliveries: 4 });
    ledger.settle(next(), { kind: "failed", maxAttempts: 2 });
    expect(answers[0]).toMatchObject({ kind: "retry" });
  });
});

describe("a message that was left unsettled", () => {
  test("is handed over again after the ack wait, by its copy", () => {
    verifies("ENDP-26");
    const { ledger, take, next } = ledgerOf();
    take({ source: "dm" });
    const first = next();
    ledger.leave(first, 1_000);
    ledger.expire(60_999);
    expect([ledger.next(), ledger.expiresAt]).toEqual([undefined, 61_000]);
    ledger.expire(61_000);
    expect(next()).toMatchObject({ redelivered: true });
    expect(first.redelivered).toBe(false);
  });

  test("is handed over again as its copy when it came live first", () => {
    verifies("ENDP-26");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    take({ seq: 7 });
    ledger.leave(next(), 0);
    ledger.expire(60_000);
    expect(next()).toMatchObject({ redelivered: true, arrival: { source: "backstop", seq: 7 } });
  });

  test("holds a copy that comes within the ack wait, and hands over one that comes later", () => {
    verifies("ENDP-26");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    const live = next();
    ledger.leave(live, 0);
    take({ seq: 7 }, 59_999);
    expect([ledger.queued, ledger.expiresAt]).toEqual([0, 60_000]);
    ledger.expire(60_000);
    expect(next()).toMatchObject({ redelivered: true, arrival: { source: "backstop", seq: 7 } });
    const other = ledgerOf();
    other.offer();
    other.ledger.leave(other.next(), 0);
    other.take({}, 60_000);
    expect(other.next().redelivered).toBe(true);
  });

  test("can still be settled, and then its copy is", () => {
    verifies("ENDP-22", "ENDP-26");
    const { ledger, take, next, offer } = ledgerOf();
    offer();
    const live = next();
    ledger.leave(live, 0);
    const { answers } = take({}, 10);
    ledger.settle(live, "handled");
    expect([answers, ledger.queued, ledger.expiresAt]).toEqual([[ack], 0, undefined]);
  });

  test("handled late counts though it is queued or handed over again; given back late does not", () => {
    const { ledger, take, next } = ledgerOf();
    const { answers } = take();
    const first = next();
    ledger.leave(first, 0);
    ledger.expire(60_000);
    expect(ledger.settle(first, retryLater())).toBeUndefined();
    const second = next();
    expect(ledger.settle(first, retryLater())).toBeUndefined();
    expect(answers).toEqual([]);
    ledger.settle(first, "handled");
    expect(ledger.settle(second, reject("late"))).toBeUndefined();
    expect(answers).toEqual([ack]);
  });

  test("is not forgotten when its queue is not served for a while", () => {
    const { ledger, take, next } = ledgerOf();
    const gone = take();
    ledger.leave(next(), 0);
    ledger.drop(gone);
    take({ deliveries: 2 }, 30_000);
    expect([ledger.queued, ledger.expiresAt]).toEqual([0, 60_000]);
    expect(gone.answers).toEqual([]);
  });
});

describe("when queues are not served any more", () => {
  test("what nobody has taken yet is forgotten, unless it came live too", () => {
    const { ledger, take, next, offer } = ledgerOf();
    const fromQueue = take({ id: "a", source: "dm" });
    offer({ id: "b" });
    const copy = take({ id: "b" });
    ledger.drop(fromQueue);
    ledger.drop(copy);
    expect(next().arrival.accepted.message.id).toBe("b");
    expect(ledger.next()).toBeUndefined();
    take({ id: "a", source: "dm", deliveries: 2 });
    expect(ledger.queued).toBe(1);
  });

  test("what is being handled holds the entry that comes again, and shares its outcome", () => {
    verifies("ENDP-23");
    const { ledger, take, next } = ledgerOf();
    const before = take({ source: "dm" });
    const surfaced = next();
    ledger.drop(before);
    const after = take({ source: "dm", deliveries: 2 });
    expect(ledger.next()).toBeUndefined();
    ledger.settle(surfaced, "handled");
    expect([before.answers, after.answers]).toEqual([[], [ack]]);
  });
});

describe("live messages that wait", () => {
  test("beyond the room the newest are dropped and forgotten: a copy of them is handed over", () => {
    verifies("ENDP-28");
    const { gaps, take, next, offer } = ledgerOf({ maxLiveMessages: 2 });
    for (const id of ["a", "b", "c", "d"]) offer({ id });
    for (const id of ["a", "b"]) offer({ id });
    take({ id: "d" });
    const ids = [next(), next(), next()].map(({ arrival }) => arrival.accepted.message.id);
    expect(ids).toEqual(["a", "b", "d"]);
    expect(gaps).toEqual([["general", 2]]);
  });

  test("what queues and history bring takes none of their room", () => {
    verifies("ENDP-29");
    const { ledger, take, offer } = ledgerOf({ maxLiveMessages: 2 });
    for (let at = 0; at < 50; at++) take({ id: `q${at}`, source: "dm" });
    for (let at = 0; at < 50; at++) offer({ id: `h${at}`, source: "history" });
    offer({ id: "live" });
    expect(ledger.queued).toBe(101);
  });

  test("dropped on purpose they are counted by channel, and those with a copy stay", () => {
    verifies("ENDP-36");
    const { ledger, take, next, offer } = ledgerOf();
    offer({ id: "a", channel: "x" });
    offer({ id: "b", channel: "x" });
    offer({ id: "c", channel: "y" });
    offer({ id: "d", channel: "y" });
    offer({ id: "h", source: "history" });
    take({ id: "q", source: "dm" });
    take({ id: "d", channel: "y" });
    expect(new Map(ledger.dropLive())).toEqual(
      new Map([
        ["x", 2],
        ["y", 1],
      ]),
    );
    const ids = [next(), next(), next()].map(({ arrival }) => arrival.accepted.message.id);
    expect(ids).toEqual(["d", "h", "q"]);
    offer({ id: "a", channel: "x" });
    expect(next().redelivered).toBe(false);
  });
});

describe("whatever happens", () => {
  const sources: readonly Source[] = ["live", "history", "dm", "backstop"];

  test("each message goes where a simple model says", () => {
    verifies("ENDP-23", "ENDP-26");
    fc.assert(
      fc.property(ledgerCommands(sources), (commands) => runLedger(commands, { ...roomy, ackWaitMs: 100 })),
      { numRuns: 500 },
    );
  });

  test("little room and a short memory cost repetitions, never an ack or a message", () => {
    verifies("ENDP-23", "ENDP-28");
    const options = { maxLiveMessages: 2, maxLiveBytes: 300, maxSeen: 2, ackWaitMs: 100 };
    fc.assert(
      fc.property(ledgerCommands(sources), (commands) => runLedger(commands, options, { isForgetful: true })),
      { numRuns: 500 },
    );
  });
});
