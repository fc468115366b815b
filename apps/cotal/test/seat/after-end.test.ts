import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterEnd } from "../../src/seat/after-end.ts";

const longMs = 60_000;

describe("an agent that has ended by itself", () => {
  test("is started again as its policy has it", () => {
    verifies("CLI-39");
    const kindOf = (policy: "never" | "on-failure" | "always", failed: boolean): string =>
      afterEnd(policy, { failed, ranMs: longMs, soon: 0 }).kind;
    expect(kindOf("never", true)).toBe("over");
    expect(kindOf("on-failure", true)).toBe("again");
    expect(kindOf("on-failure", false)).toBe("over");
    expect(kindOf("always", false)).toBe("again");
  });

  test("and does so too soon is given up after a few times, with growing pauses between", () => {
    verifies("CLI-39");
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_999 }), { minLength: 5, maxLength: 5 }), (runs) => {
        let soon = 0;
        const pauses: number[] = [];
        for (const [at, ranMs] of runs.entries()) {
          const verdict = afterEnd("always", { failed: true, ranMs, soon }, () => 0);
          if (verdict.kind === "over") return verdict.why === "crash-loop" && at === 4 && isGrowing(pauses);
          soon = verdict.soon;
          pauses.push(verdict.delayMs);
        }
        return false;
      }),
    );
  });

  test("is counted anew after it has run well", () => {
    expect(afterEnd("always", { failed: true, ranMs: longMs, soon: 4 })).toMatchObject({
      kind: "again",
      soon: 0,
    });
  });
});

function isGrowing(pauses: readonly number[]): boolean {
  return pauses.every((pause, at) => pause > 0 && (at === 0 || pause > (pauses[at - 1] ?? 0)));
}
