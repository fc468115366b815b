import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFakeClock } from "../src/fake-clock.ts";
import { backoffMs, type RetryPolicy, redialPolicy, retry } from "../src/retry.ts";

const policy: RetryPolicy = { baseMs: 100, capMs: 1_000, limit: { attempts: 4 } };

describe("retry", () => {
  test("waits below a doubling, capped bound", () => {
    verifies("SESS-8", "SESS-24");
    const bounds = Array.from({ length: 8 }, (_, at) => backoffMs(redialPolicy, at + 1, 1));
    expect(bounds).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          const wait = backoffMs(redialPolicy, attempt, random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(redialPolicy.capMs);
        },
      ),
    );
  });

  test("repeats what may pass, up to its bound", async () => {
    verifies("SESS-24");
    const clock = createFakeClock();
    const attempts: number[] = [];
    const broken = async (attempt: number): Promise<never> => {
      attempts.push(attempt);
      throw new Error(`attempt ${attempt}`);
    };
    const outcome = retry(broken, { clock, policy, transient: () => true, random: () => 1 }).catch(String);
    await clock.advance(699);
    expect(attempts).toEqual([1, 2, 3]);
    await clock.advance(1);
    expect(await outcome).toBe("Error: attempt 4");
    expect(clock.pending).toBe(0);
  });

  test("does not repeat what is final, and gives a success at once", async () => {
    const clock = createFakeClock();
    const final = retry(() => Promise.reject(new Error("final")), { clock, policy, transient: () => false });
    await expect(final).rejects.toThrow("final");
    await expect(retry(async () => "done", { clock, policy, transient: () => true })).resolves.toBe("done");
  });

  test("ends with the reason of an abort, also while it waits", async () => {
    const clock = createFakeClock();
    const abort = new AbortController();
    const failing = () => Promise.reject(new Error("again"));
    const waiting = retry(failing, { clock, policy, transient: () => true, signal: abort.signal });
    const outcome = waiting.catch((reason: unknown) => reason);
    await clock.advance(10);
    abort.abort("enough");
    expect(await outcome).toBe("enough");
    expect(clock.pending).toBe(0);
  });
});
