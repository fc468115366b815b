import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDue } from "../src/members.ts";
import { member } from "./records.ts";

describe("a member", () => {
  test("is due what came after its join, up to its leave", () => {
    verifies("REG-13");
    const left = { ...member, state: "left", joinCursor: 10, leaveCursor: 12 } as const;
    expect([9, 10, 11, 12, 13].map((seq) => isDue(left, seq))).toEqual([false, false, true, true, false]);
    expect([10, 11, 1e9].map((seq) => isDue(member, seq))).toEqual([false, true, true]);
    const atOnce = { ...left, leaveCursor: 10 };
    expect([9, 10, 11].some((seq) => isDue(atOnce, seq))).toBe(false);
  });

  test("is due the same whatever clocks and reports say", () => {
    verifies("REG-13");
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.boolean(), (seq, updatedAt, activated) => {
        expect(isDue({ ...member, updatedAt, activated }, seq)).toBe(seq > member.joinCursor);
      }),
    );
  });
});
