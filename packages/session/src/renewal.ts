import { type Clock, sleep, withDeadline } from "./clock.ts";
import type { Credential } from "./dial.ts";

export interface RenewalOptions {
  readonly clock: Clock;
  /** In [0, 1); credentials that were made together are not renewed in one moment. */
  readonly random: () => number;
  /** The end of the credential in use. */
  readonly expiresAt: number;
  /** Reads the source of credentials. */
  readonly ask: (signal: AbortSignal) => Promise<Credential>;
  /** Resolves at a moment at which a new connection disturbs least. */
  readonly quiet: (signal: AbortSignal) => Promise<void>;
  readonly changeOver: () => void;
  readonly onFault: (label: string, error: unknown) => void;
}

/**
 * Sees to it that a connection gets a credential that lasts longer before its own ends. It reads the source
 * when three quarters of the life that it found are over, and, as long as there is nothing better, again after
 * three quarters of what then is left: the nearer the end, the more often. It changes over at a quiet moment,
 * or without one while a quarter of the rest is still to come. Whoever finds no other credential lets the
 * broker end the connection, and the next dial reads the source once more.
 *
 * The life counts from the moment at which the connection stood, not from the minting: whatever was read late
 * in its life is still asked about in time.
 */
export async function renewInTime(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  if (!(await foundLater(options, signal))) return;
  await quietMoment(options, signal);
  options.changeOver();
}

const part = 0.75;
/** How much earlier than that it may be. */
const spread = 0.05;
/** With less than this left the broker is as quick; a loop has an end. */
const leastMs = 1_000;

async function foundLater(options: RenewalOptions, signal: AbortSignal): Promise<boolean> {
  const { clock, expiresAt, random, ask, onFault } = options;
  for (let left = expiresAt - clock.now(); left >= leastMs; left = expiresAt - clock.now()) {
    await sleepUntil(clock, clock.now() + left * (part - spread * random()), signal);
    try {
      const next = await ask(signal);
      if ((next.expiresAt ?? Number.POSITIVE_INFINITY) > expiresAt) return true;
    } catch (error) {
      signal.throwIfAborted();
      onFault("credentials", error);
    }
  }
  return false;
}

const longestQuietMs = 24 * 3600 * 1000;

async function quietMoment(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { clock, expiresAt, quiet, onFault } = options;
  const left = Math.max(0, expiresAt - clock.now());
  const moment = Promise.resolve().then(() => quiet(signal));
  try {
    const timeoutMs = Math.min(left * part, longestQuietMs);
    await withDeadline(clock, moment, { timeoutMs, signal, onLate: () => undefined });
  } catch (error) {
    signal.throwIfAborted();
    onFault("quiet moment", error);
  }
}

const sliceMs = 60_000;

/** By the wall clock, which goes on while the machine sleeps: a timer stands still then, and takes no months. */
async function sleepUntil(clock: Clock, at: number, signal: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
    await sleep(clock, Math.ceil(Math.min(left, sliceMs)), signal);
  }
}
