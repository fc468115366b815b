import { verifies } from "@cotal/requirements";
import type { Disposition } from "@cotal/session";
import { describe, expect, test } from "vitest";
import { createIntake } from "../src/intake.ts";
import type { LedgerOptions } from "../src/ledger.ts";
import { type ArrivalDraft, arrivalOf, bob, fakeCore } from "./support-receiving.ts";

function intakeOf(options: Partial<LedgerOptions> = {}) {
  const { core, clock, gaps } = fakeCore();
  const intake = createIntake(core, options);
  const session = new AbortController();
  const take = (draft: ArrivalDraft = {}, signal: AbortSignal = session.signal) => {
    const answers: Disposition[] = [];
    void intake.take(arrivalOf({ source: "dm", ...draft }), signal).then((one) => answers.push(one));
    return answers;
  };
  const next = async () => {
    const handover = await intake.next();
    if (!handover) throw new Error("interrupted");
    return handover;
  };
  const offer = (draft: ArrivalDraft = {}): void => intake.offer(arrivalOf(draft));
  return { intake, clock, gaps, session, take, next, offer };
}

const ack: Disposition = { kind: "ack" };
const goesBack: Disposition = { kind: "retry", delayMs: 0 };

describe("the intake", () => {
  test("serves those who wait in their order, and lets them go when it is interrupted", async () => {
    const { intake, offer } = intakeOf();
    const waiting = [intake.next(), intake.next(), intake.next()];
    offer({ id: "a" });
    offer({ id: "b" });
    intake.interrupt();
    const ids = (await Promise.all(waiting)).map((one) => one?.arrival.accepted.message.id);
    expect(ids).toEqual(["a", "b", undefined]);
    offer({ id: "c" });
    expect((await intake.next())?.arrival.accepted.message.id).toBe("c");
  });

  test("hands over again what was left too long, and keeps no timer for anything else", async () => {
    verifies("ENDP-26");
    const { intake, clock, take, next } = intakeOf();
    const answers = take();
    const first = await next();
    expect(clock.pending).toBe(0);
    intake.leave(first);
    expect(clock.pending).toBe(1);
    const again = next();
    await clock.advance(60_000);
    expect((await again).redelivered).toBe(true);
    expect(clock.pending).toBe(0);
    intake.settle(await again, "handled");
    await clock.advance(0);
    expect(answers).toEqual([ack]);
  });

  test("gives back what it holds when the queues are not served any more", async () => {
    const { intake, clock, session, take, next } = intakeOf();
    const [left, inHands, queued] = ["a", "b", "c"].map((id) => take({ id }));
    intake.leave(await next());
    const working = await next();
    session.abort();
    await clock.advance(0);
    expect([left, inHands, queued]).toEqual([[goesBack], [goesBack], [goesBack]]);
    expect([intake.counts.waiting, clock.pending]).toEqual([0, 0]);
    expect(await intake.take(arrivalOf({ source: "dm" }), session.signal)).toEqual(goesBack);

    const later = new AbortController();
    const copy = take({ id: "b", deliveries: 2 }, later.signal);
    intake.settle(working, "handled");
    await clock.advance(0);
    expect(copy).toEqual([ack]);
    expect(take({ id: "b", deliveries: 3 }, later.signal)).toEqual([]);
    await clock.advance(0);
    expect(intake.counts).toEqual({ waiting: 0, inHand: 0, expired: 0 });
  });

  test("listens once to a session, however many of its entries it holds", async () => {
    const { clock, session, take } = intakeOf();
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    const answers = Array.from({ length: 300 }, (_, at) => take({ id: `m${at}` }));
    await new Promise(setImmediate);
    session.abort();
    await clock.advance(0);
    process.off("warning", listener);
    expect(warnings).toEqual([]);
    expect(answers.every(([answer]) => answer?.kind === "retry")).toBe(true);
  });

  test("shows nobody their own posts and direct messages, and acks them", async () => {
    verifies("ENDP-30");
    const { intake, clock, take, offer } = intakeOf();
    offer({ sender: bob });
    const answers = [take({ sender: bob }), take({ sender: bob, source: "backstop" })];
    await clock.advance(0);
    expect(answers).toEqual([[ack], [ack]]);
    expect(intake.counts.waiting).toBe(0);
  });

  test("hands own work back until nobody else has wanted it five times", async () => {
    verifies("ENDP-31");
    const { clock, take, next } = intakeOf();
    for (const deliveries of [1, 2, 3, 4, 5]) {
      const answers = take({ sender: bob, source: "anycast", deliveries });
      await clock.advance(0);
      expect(answers).toEqual([{ kind: "retry", delayMs: 1_000 }]);
    }
    take({ sender: bob, source: "anycast", deliveries: 6 });
    expect((await next()).arrival.accepted.sender).toBe(bob);
  });

  test("shows a late message as expired, and skips late work", async () => {
    verifies("ENDP-21");
    const { intake, clock, take, next } = intakeOf();
    const expiresAt = clock.now() + 1_000;
    const work = take({ id: "work", source: "anycast", expiresAt });
    take({ id: "direct", expiresAt });
    take({ id: "in time", expiresAt: expiresAt + 1_000 });
    clock.jump(1_001);
    const shown = [await next(), await next()];
    expect(shown.map(({ arrival, expired }) => [arrival.accepted.message.id, expired])).toEqual([
      ["direct", true],
      ["in time", false],
    ]);
    await clock.advance(0);
    expect(work).toEqual([ack]);
    expect(intake.counts).toEqual({ waiting: 0, inHand: 2, expired: 1 });
  });

  test("tells of live messages that it had no room for, once there is room again", async () => {
    verifies("ENDP-28");
    const { gaps, next, offer } = intakeOf({ maxLiveMessages: 4 });
    for (let at = 0; at < 10; at++) offer({ id: `m${at}`, channel: at % 2 ? "odd" : "even" });
    await next();
    expect(gaps).toEqual([]);
    await next();
    expect(gaps).toEqual([
      { channel: "even", count: 3, reason: "slow-reader" },
      { channel: "odd", count: 3, reason: "slow-reader" },
    ]);
  });

  test("has room for 10,000 live messages or 16 MiB of them", async () => {
    verifies("ENDP-28");
    const many = intakeOf();
    for (let at = 0; at < 10_001; at++) many.offer({ id: `m${at}` });
    expect(many.intake.counts.waiting).toBe(10_000);
    const large = intakeOf();
    for (let at = 0; at < 17; at++) large.offer({ id: `m${at}`, bytes: 1024 ** 2 });
    expect(large.intake.counts.waiting).toBe(16);
  });
});
