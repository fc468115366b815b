import { describe, expect, test } from "vitest";
import type { Arrival } from "../src/arrival.ts";
import { createChannelHold } from "../src/channel-hold.ts";
import { createLiveBudget } from "../src/live-budget.ts";
import { arrivalOf } from "./support-receiving.ts";

function holdWith(maxLiveMessages: number) {
  const offered: string[] = [];
  const gaps: number[] = [];
  const intake = { offer: ({ accepted }: Arrival) => offered.push(accepted.message.id) };
  const budget = createLiveBudget({ maxLiveMessages, maxLiveBytes: 1_000_000 }, (_, count) =>
    gaps.push(count),
  );
  const hold = createChannelHold(intake, budget);
  const hear = (...ids: string[]): void => {
    for (const id of ids) hold.offer(arrivalOf({ id }));
  };
  return { hold, hear, offered, gaps };
}

describe("what is heard while older posts are read", () => {
  test("comes after them, in its order, and then passes at once", () => {
    const { hold, hear, offered } = holdWith(10);
    hear("a", "b");
    expect(offered).toEqual([]);
    hold.flow();
    hear("c");
    hold.flow();
    expect(offered).toEqual(["a", "b", "c"]);
  });

  test("is known among what is read as well, until it has passed", () => {
    const { hold, hear } = holdWith(1);
    hear("a", "too many");
    const holds = (id: string): boolean => hold.holds(arrivalOf({ id }).accepted);
    expect([holds("a"), holds("too many"), holds("never heard")]).toEqual([true, false, false]);
    hold.flow();
    expect(holds("a")).toBe(false);
  });

  test("is bounded, and what did not fit is told as a gap", () => {
    const { hold, hear, offered, gaps } = holdWith(2);
    hear("a", "b", "c", "d");
    hold.flow();
    expect([offered, gaps]).toEqual([["a", "b"], [2]]);
  });

  test("is forgotten with the channel", () => {
    const { hold, hear, offered } = holdWith(10);
    hear("a");
    hold.drop();
    hold.flow();
    hear("b");
    expect(offered).toEqual([]);
  });
});
