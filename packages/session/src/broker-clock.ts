import type { Clock } from "./clock.ts";

/** The time of the broker, as its answers tell it. Signatures and freshness go by it, never by the local wall clock. */
export interface BrokerClock {
  /** Milliseconds since 1970. Before anything was learned it is the local clock. */
  now(): number;
  /** Takes the `ts` of an answer, and how long the question and answer took together. */
  learn(sample: { readonly ts: string; readonly tookMs: number }): void;
}

/** A better sample is kept this long; after that any newer one replaces it, for clocks drift. */
const keepMs = 600_000;
/** How far the two clocks may drift apart within that time. */
const driftMs = 1_000;

interface Sample {
  /** The broker's clock less the local uptime. */
  readonly offsetMs: number;
  readonly tookMs: number;
  readonly at: number;
}

export function createBrokerClock(clock: Clock): BrokerClock {
  let best: Sample | undefined;
  return {
    now: () => (best === undefined ? clock.now() : clock.uptime() + best.offsetMs),
    learn: ({ ts, tookMs }) => {
      const broker = Date.parse(ts);
      if (Number.isNaN(broker)) return;
      const at = clock.uptime();
      const sample = { offsetMs: broker + tookMs / 2 - at, tookMs, at };
      if (best === undefined || !isBetter(best, sample)) best = sample;
    },
  };
}

/** Not when the two contradict each other: then the uptime stood still, as it does while a machine sleeps. */
function isBetter(known: Sample, sample: Sample): boolean {
  const apart = Math.abs(known.offsetMs - sample.offsetMs);
  const agree = apart <= (known.tookMs + sample.tookMs) / 2 + driftMs;
  return agree && known.tookMs < sample.tookMs && sample.at - known.at < keepMs;
}
