import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unlessAborted } from "../src/abort.ts";
import type { Credential } from "../src/dial.ts";
import { createFakeClock, type FakeClock } from "../src/fake-clock.ts";
import { type RenewalOptions, renewInTime } from "../src/renewal.ts";
import { createScope } from "../src/scope.ts";

const hourMs = 3_600_000;
const lifeMs = 24 * hourMs;

interface Renewal {
  readonly clock: FakeClock;
  readonly startedAt: number;
  readonly expiresAt: number;
  /** When the source was read, when it was changed over, in ms after the start. */
  readonly asked: number[];
  readonly changed: number[];
  readonly faults: string[];
  stop(): Promise<void>;
}

type Given = Partial<Omit<RenewalOptions, "ask">> & {
  readonly lifeMs?: number;
  readonly source: (expiresAt: number, signal: AbortSignal) => number | undefined | Promise<never>;
};

/** A renewal in a scope of its own; the source answers when its credential ends. */
function newRenewal({ source, lifeMs: life = lifeMs, ...given }: Given): Renewal {
  const clock = createFakeClock();
  const startedAt = clock.now();
  const expiresAt = startedAt + life;
  const asked: number[] = [];
  const changed: number[] = [];
  const faults: string[] = [];
  const onFault = (label: string): void => void faults.push(label);
  const scope = createScope({ clock, onFault });
  const options: RenewalOptions = {
    clock,
    expiresAt,
    random: () => 0,
    ask: async (signal): Promise<Credential> => {
      asked.push(clock.now() - startedAt);
      return { mark: "any", options: {}, expiresAt: await source(expiresAt, signal) };
    },
    quiet: async () => undefined,
    changeOver: () => changed.push(clock.now() - startedAt),
    onFault,
    ...given,
  };
  scope.spawn("renewal", (signal) => renewInTime(options, signal));
  return { clock, startedAt, expiresAt, asked, changed, faults, stop: () => scope.dispose() };
}

describe("a renewal", () => {
  test("reads the source at three quarters of the life and changes over at once", async () => {
    verifies("SESS-90");
    const { clock, asked, changed } = newRenewal({ source: (expiresAt) => expiresAt + lifeMs });
    await clock.advance(lifeMs);
    expect(asked).toEqual([0.75 * lifeMs]);
    expect(changed).toEqual([0.75 * lifeMs]);
    expect(clock.pending).toBe(0);
  });

  test("takes a credential without an end, and one that lasts no longer for none", async () => {
    verifies("SESS-90");
    const endless = newRenewal({ source: () => undefined });
    await endless.clock.advance(lifeMs);
    expect(endless.changed).toHaveLength(1);
    const older = newRenewal({ source: (expiresAt) => expiresAt - 1 });
    await older.clock.advance(lifeMs);
    expect(older.changed).toEqual([]);
  });

  test("asks the same source the more often the nearer the end is, and not beyond it", async () => {
    verifies("SESS-91");
    const { clock, asked, changed, startedAt, expiresAt } = newRenewal({ source: (end) => end });
    await clock.advance(2 * lifeMs);
    const left = asked.map((at) => expiresAt - startedAt - at);
    expect(left.slice(0, 3)).toEqual([0.25 * lifeMs, 0.0625 * lifeMs, 0.015625 * lifeMs]);
    expect(left.at(-1)).toBeGreaterThan(0);
    expect(left.at(-1)).toBeLessThan(1_000);
    expect([changed, clock.pending]).toEqual([[], 0]);
  });

  test("survives a source that fails, and finds what it has later", async () => {
    verifies("SESS-91");
    let fails = true;
    const source = (end: number) => (fails ? Promise.reject(new Error("torn")) : end + lifeMs);
    const { clock, changed, faults } = newRenewal({ source });
    await clock.advance(0.8 * lifeMs);
    expect(faults).toEqual(["credentials"]);
    fails = false;
    await clock.advance(0.2 * lifeMs);
    expect(changed).toEqual([0.9375 * lifeMs]);
  });

  test("waits for the quiet moment, but always changes over before the end", async () => {
    verifies("SESS-92");
    const source = (end: number) => end + lifeMs;
    let hush = (): void => undefined;
    const calm = newRenewal({ source, quiet: () => new Promise<void>((resolve) => (hush = resolve)) });
    await calm.clock.advance(20 * hourMs);
    expect(calm.changed).toEqual([]);
    hush();
    await calm.clock.advance(0);
    expect(calm.changed).toEqual([20 * hourMs]);

    const never = newRenewal({ source, quiet: () => new Promise<never>(() => undefined) });
    await never.clock.advance(lifeMs);
    expect(never.changed).toEqual([0.9375 * lifeMs]);
    const failing = newRenewal({ source, quiet: () => Promise.reject(new Error("no idea")) });
    await failing.clock.advance(lifeMs);
    expect([failing.changed, failing.faults]).toEqual([[0.75 * lifeMs], ["quiet moment"]]);
  });

  test("goes by the wall clock: what was slept through counts", async () => {
    verifies("SESS-90");
    const { clock, changed } = newRenewal({ source: (end) => end + lifeMs });
    await clock.advance(hourMs);
    clock.jump(20 * hourMs);
    await clock.advance(60_000);
    expect(changed).toEqual([21 * hourMs + 60_000]);
  });

  test("is silent when the clock says that a credential in use has ended, so that nothing spins", async () => {
    verifies("SESS-91");
    const { clock, asked } = newRenewal({ lifeMs: -hourMs, source: (end) => end + 1 });
    await clock.advance(lifeMs);
    expect([asked, clock.pending]).toEqual([[], 0]);
  });

  test("waits months without a timer of that length", async () => {
    verifies("SESS-90");
    const { clock, stop } = newRenewal({ lifeMs: 10 * 365 * lifeMs, source: (end) => end });
    await clock.advance(hourMs);
    expect(clock.pending).toBe(1);
    await stop();
    expect(clock.pending).toBe(0);
  });

  test("leaves no timer and changes nothing after its scope has ended, whenever that is", async () => {
    verifies("SESS-11", "SESS-93");
    const answers = fc.constantFrom("later", "same", "fails", "hangs");
    const quiets = fc.constantFrom("at once", "fails", "never");
    await fc.assert(
      fc.asyncProperty(answers, quiets, fc.nat(lifeMs + hourMs), async (answer, calm, stopAt) => {
        const never = () => new Promise<never>(() => undefined);
        const { clock, changed, asked, stop, faults } = newRenewal({
          source: (end, signal) => {
            if (answer === "fails") return Promise.reject(new Error("torn"));
            if (answer === "hangs") return unlessAborted(never(), signal);
            return answer === "later" ? end + lifeMs : end;
          },
          quiet: async () => {
            if (calm === "fails") throw new Error("no idea");
            if (calm === "never") await never();
          },
        });
        await clock.advance(stopAt);
        await stop();
        const before = [changed.length, asked.length, faults.length];
        expect(clock.pending).toBe(0);
        await clock.advance(2 * lifeMs);
        expect([changed.length, asked.length, faults.length]).toEqual(before);
        expect(changed.length).toBeLessThanOrEqual(1);
        for (const at of changed) expect(at).toBeLessThan(lifeMs);
      }),
      { numRuns: 50 },
    );
  });
});
