import type { Delivery, Outcome } from "@cotal/endpoint";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createHand } from "../../src/seat/hand.ts";

const nothing = {} as Delivery;

/** A handler that tells when it was asked to end, and ends when the test says so. */
function slowHandler() {
  let finish: (outcome: Outcome) => void = () => undefined;
  const seen: { asked: boolean } = { asked: false };
  const handler = (_: Delivery, signal: AbortSignal): Promise<Outcome> => {
    signal.addEventListener("abort", () => {
      seen.asked = true;
    });
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  return { handler, seen, finish: () => finish("handled") };
}

describe("what an agent has in hand", () => {
  test("is brought to its end when it is drained, which waits for that", async () => {
    verifies("CLI-183");
    const hand = createHand(new AbortController().signal);
    const receiver = new AbortController();
    const { handler, seen, finish } = slowHandler();
    const handling = hand.held(handler)(nothing, receiver.signal);
    let isDrained = false;
    const drained = hand.drain().then(() => {
      isDrained = true;
    });
    expect(hand.drained.aborted).toBe(true);
    receiver.abort();
    await Promise.resolve();
    expect([seen.asked, isDrained]).toEqual([false, false]);
    finish();
    expect(await handling).toBe("handled");
    await drained;
  });

  test("is cut off when the agent is to end now, drained or not, and when its receiver ends otherwise", () => {
    verifies("CLI-183", "CLI-53");
    for (const drain of [true, false]) {
      const told = new AbortController();
      const hand = createHand(told.signal);
      const { handler, seen } = slowHandler();
      void hand.held(handler)(nothing, new AbortController().signal);
      if (drain) void hand.drain();
      told.abort();
      expect(seen.asked).toBe(true);
    }
    const receiver = new AbortController();
    const { handler, seen } = slowHandler();
    void createHand(new AbortController().signal).held(handler)(nothing, receiver.signal);
    receiver.abort();
    expect(seen.asked).toBe(true);
  });
});
