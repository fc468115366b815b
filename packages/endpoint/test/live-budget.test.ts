import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createLiveBudget } from "../src/live-budget.ts";

function budgetOf(maxLiveMessages: number, maxLiveBytes: number) {
  const gaps: [string, number][] = [];
  const budget = createLiveBudget({ maxLiveMessages, maxLiveBytes }, (channel, count) =>
    gaps.push([channel, count]),
  );
  return { budget, gaps };
}

describe("the room for live messages", () => {
  test("ends at a number of messages, and what is beyond it is lost as one stretch per channel", () => {
    verifies("ENDP-28");
    const { budget, gaps } = budgetOf(4, 1_000);
    for (let at = 0; at < 4; at++) expect(budget.admit("a", 1)).toBe(true);
    expect([budget.admit("a", 1), budget.admit("b", 1), budget.admit("a", 1)]).toEqual([false, false, false]);
    budget.release(1);
    expect(budget.admit("a", 1)).toBe(false);
    expect(gaps).toEqual([]);
    budget.release(1);
    expect(gaps).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
    expect(budget.admit("a", 1)).toBe(true);
    budget.release(1);
    budget.release(1);
    budget.release(1);
    expect(gaps).toHaveLength(2);
  });

  test("ends at a number of bytes", () => {
    verifies("ENDP-28");
    const { budget, gaps } = budgetOf(100, 10);
    expect([budget.admit("a", 6), budget.admit("a", 5), budget.admit("a", 1)]).toEqual([true, false, false]);
    budget.release(6);
    expect(gaps).toEqual([["a", 2]]);
    expect(budget.admit("a", 10)).toBe(true);
  });

  test("lets one message in when nothing else is there, however large it is", () => {
    const { budget } = budgetOf(100, 10);
    expect(budget.admit("a", 11)).toBe(true);
    expect(budget.admit("a", 1)).toBe(false);
  });

  test("does not tell more than a thousand channels apart", () => {
    const { budget, gaps } = budgetOf(1, 10);
    budget.admit("a", 1);
    for (let at = 0; at < 1_500; at++) budget.admit(`c${at}`, 1);
    budget.release(1);
    expect(gaps).toHaveLength(1_001);
    expect(gaps.at(-1)).toEqual([">", 500]);
  });
});
