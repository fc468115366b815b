import type { Entry } from "./entry.ts";
import type { Disposition, Hand } from "./hand.ts";
import { errorFields } from "./log.ts";
import { backoffMs, type RetryPolicy } from "./retry.ts";
import type { Session } from "./session.ts";

/** Decides what becomes of an entry. A failure means: again, later. */
export type EntryHandler = (entry: Entry, signal: AbortSignal) => Promise<Disposition>;

export interface WorkersOptions {
  readonly hand: Hand;
  /** How many entries are handled at once. */
  readonly concurrency: number;
  readonly handle: EntryHandler;
  /** Called after each entry that was settled. */
  readonly onSettled: () => void;
}

/** Handing a failed entry out again. */
const redeliveryPolicy: RetryPolicy = {
  baseMs: 1_000,
  capMs: 60_000,
  limit: { unboundedBecause: "only the handler can say that an entry is hopeless" },
};

/** Handles what it is given, in that order, so many at once, and settles each when its handler has answered. */
export function createWorkers(session: Session, options: WorkersOptions): (entry: Entry) => void {
  const { scope, faults, log } = session;
  const { hand, concurrency, handle, onSettled } = options;
  const waiting: Entry[] = [];
  let working = 0;

  const handleOne = async (entry: Entry): Promise<void> => {
    const disposition = await decide(entry);
    await faults.reach("pump.settle");
    hand.settle(entry, disposition);
    onSettled();
  };

  const decide = async (entry: Entry): Promise<Disposition> => {
    try {
      return await handle(entry, scope.signal);
    } catch (error) {
      log({ level: "warn", event: "pump.handler-failed", fields: { seq: entry.seq, ...errorFields(error) } });
      return { kind: "retry", delayMs: backoffMs(redeliveryPolicy, entry.deliveries, 1) };
    }
  };

  const work = async (): Promise<void> => {
    working++;
    for (let entry = waiting.shift(); entry && !scope.signal.aborted; entry = waiting.shift()) {
      await handleOne(entry).catch((error) =>
        log({
          level: "error",
          event: "pump.not-settled",
          fields: { seq: entry?.seq, ...errorFields(error) },
        }),
      );
    }
    working--;
  };

  return (entry) => {
    waiting.push(entry);
    if (working < concurrency) void work();
  };
}
