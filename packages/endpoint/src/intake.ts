import { queueAckWaitMs } from "@cotal/registries";
import type { Disposition } from "@cotal/session";
import { createAbortGroup } from "./abort-group.ts";
import { createAlarm } from "./alarm.ts";
import type { Arrival, Intake } from "./arrival.ts";
import type { Core } from "./core.ts";
import { type Copy, Ledger, type LedgerOptions, type Surfaced } from "./ledger.ts";
import { ownDisposition } from "./own-message.ts";
import type { Settlement } from "./settlement.ts";

const intakeDefaults: LedgerOptions = {
  maxLiveMessages: 10_000,
  maxLiveBytes: 16 * 1024 ** 2,
  maxSeen: 100_000,
  ackWaitMs: queueAckWaitMs,
};

/** A message that is handed over now. */
export interface Handover extends Surfaced {
  readonly expired: boolean;
}

/** The side of the intake from which one receiver takes. */
export interface Desk {
  /** The next message; waits for one. `undefined` once it is interrupted. */
  next(): Promise<Handover | undefined>;
  /** Ends every wait for a next message. */
  interrupt(): void;
  /** The receiver goes on without settling it. */
  leave(surfaced: Surfaced): void;
  /** What the queues are told; `undefined` when this changes nothing. */
  settle(surfaced: Surfaced, settlement: Settlement): Disposition | undefined;
}

export interface IntakeCounts {
  /** Nobody has taken them yet. */
  readonly waiting: number;
  /** The receiver has taken them, and a queue waits to hear what became of them. */
  readonly inHand: number;
  /** Work that nobody saw because it had expired. */
  readonly expired: number;
}

/** Where everything that arrives becomes one stream without duplicates, whichever connection brings it. */
export interface IntakeDesk extends Intake, Desk {
  readonly counts: IntakeCounts;
}

type Waiter = (handover: Handover | undefined) => void;

const goBack: Disposition = { kind: "retry", delayMs: 0 };

export function createIntake(core: Core, options: Partial<LedgerOptions> = {}): IntakeDesk {
  const { clock, self } = core;
  const ledger = ledgerOf(core, { ...intakeDefaults, ...options });
  const inTime = createPicker(ledger, core.brokerClock.now);
  const waiters = new Set<Waiter>();
  const onEnd = createAbortGroup();

  /** Serves who waits, and notes when the next of those left is due. */
  const look = (): void => {
    ledger.expire(clock.uptime());
    for (const waiter of waiters) {
      const handover = inTime.next();
      if (!handover) break;
      waiters.delete(waiter);
      waiter(handover);
    }
    alarm.set(ledger.expiresAt);
  };
  const alarm = createAlarm(clock, look);

  const hold = (arrival: Arrival, signal: AbortSignal): Promise<Disposition> =>
    new Promise((resolve) => {
      const answer = (disposition: Disposition): void => {
        forget();
        resolve(disposition);
      };
      const copy: Copy = { arrival, answer };
      const forget = onEnd(signal, () => {
        ledger.drop(copy);
        answer(goBack);
        look();
      });
      ledger.take(copy, clock.uptime());
      look();
    });

  return {
    offer: (arrival) => {
      if (arrival.accepted.sender === self.id) return;
      ledger.offer(arrival);
      look();
    },
    take: async (arrival, signal) => {
      if (signal.aborted) return goBack;
      return ownDisposition(arrival, self.id) ?? (await hold(arrival, signal));
    },
    dropLive: () => ledger.dropLive(),
    next: () =>
      new Promise((resolve) => {
        waiters.add(resolve);
        look();
      }),
    interrupt: () => {
      for (const waiter of waiters) waiter(undefined);
      waiters.clear();
    },
    leave: (surfaced) => {
      ledger.leave(surfaced, clock.uptime());
      look();
    },
    settle: (surfaced, settlement) => {
      const disposition = ledger.settle(surfaced, settlement);
      look();
      return disposition;
    },
    get counts() {
      return { waiting: ledger.queued, inHand: ledger.taken, expired: inTime.skipped };
    },
  };
}

function ledgerOf({ events }: Core, options: LedgerOptions): Ledger {
  return new Ledger(options, (channel, count) =>
    events.emit("gap", { channel, count, reason: "slow-reader" }),
  );
}

interface Picker {
  next(): Handover | undefined;
  /** How much late work nobody was shown. */
  readonly skipped: number;
}

function createPicker(ledger: Ledger, now: () => number): Picker {
  let skipped = 0;
  return {
    next: () => {
      for (;;) {
        const surfaced = ledger.next();
        if (!surfaced) return undefined;
        const expired = isLate(surfaced.arrival, now());
        if (!expired || surfaced.arrival.source !== "anycast") {
          const { key, turn, arrival, redelivered } = surfaced;
          return { key, turn, arrival, redelivered, expired };
        }
        skipped++;
        ledger.settle(surfaced, "handled");
      }
    },
    get skipped() {
      return skipped;
    },
  };
}

function isLate({ accepted }: Arrival, now: number): boolean {
  const { expiresAt } = accepted.message;
  return expiresAt !== undefined && expiresAt < now;
}
