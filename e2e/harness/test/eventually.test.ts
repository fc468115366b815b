import { describe, expect, test } from "vitest";
import { eventually } from "../src/eventually.ts";

describe("eventually", () => {
  test("repeats a check until it neither throws nor answers false", async () => {
    let asked = 0;
    const answer = eventually(async () => {
      if (++asked === 1) throw new Error("not yet");
      return asked < 4 ? false : asked;
    });
    expect(await answer).toBe(4);
  });

  test("takes a check that answers nothing for passed", async () => {
    await eventually(() => undefined);
  });

  test("fails with its last failure and what it waited for", async () => {
    const failed = eventually(() => expect(1).toBe(2), { timeoutMs: 30, what: "the impossible" });
    await expect(failed).rejects.toThrow(/^the impossible did not come about in 30 ms: expected 1 to be 2/);
    await expect(eventually(() => false, { timeoutMs: 1 })).rejects.toThrow(/it answered false/);
  });

  test("gives up a check that hangs, with the failure before it", async () => {
    const hangs = (): Promise<never> => new Promise(() => undefined);
    await expect(eventually(hangs, { timeoutMs: 20 })).rejects.toThrow(/the check did not end/);
    let asked = 0;
    const second = (): Promise<never> => (asked++ === 0 ? Promise.reject(new Error("first")) : hangs());
    await expect(eventually(second, { timeoutMs: 50 })).rejects.toThrow(/first$/);
  });
});
