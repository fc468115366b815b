import type { CotalError } from "@cotal/subjects";
import { onAbort } from "./abort.ts";
import { brokerError } from "./broker-errors.ts";
import { sleep } from "./clock.ts";
import type { Entry } from "./entry.ts";
import { createHand, type Hand } from "./hand.ts";
import { consumerInfo } from "./js-api.ts";
import { errorFields } from "./log.ts";
import { type Pull, pull } from "./pull.ts";
import { backoffMs, type RetryPolicy } from "./retry.ts";
import type { Session } from "./session.ts";
import { createWorkers, type EntryHandler } from "./workers.ts";

export interface PumpOptions {
  readonly stream: string;
  readonly consumer: string;
  /** How many entries are handled at once. */
  readonly concurrency: number;
  /** How many more are fetched ahead. What one receiver has fetched no other can take. */
  readonly prefetch?: number;
  readonly handle: EntryHandler;
  /** Called whenever the consumer is found missing, before it is looked for again. */
  readonly onMissing?: (signal: AbortSignal) => Promise<void>;
  readonly onState?: (state: PumpState) => void;
}

export type PumpState =
  | { readonly kind: "pulling" }
  | { readonly kind: "waiting"; readonly error: CotalError };

/** Finding the consumer again. */
const rebindPolicy: RetryPolicy = {
  baseMs: 1_000,
  capMs: 30_000,
  limit: { unboundedBecause: "a queue is served for as long as the session lasts" },
};

const heartbeatMs = 5_000;
const defaultAckWaitMs = 30_000;
const nanosPerMs = 1e6;

/**
 * Carries the entries of a queue to a handler for as long as the session lasts. It alone settles
 * them, once the handler has answered; it finds the consumer again when it was deleted or fell silent.
 * A handler may outlive the session: its entry has gone back by then, and its answer changes nothing.
 */
export function pump(session: Session, options: PumpOptions): void {
  const { scope, clock, log } = session;
  const { consumer, onMissing, onState } = options;
  const pullOnce = createPuller(session, options);
  scope.spawn(`pump ${consumer}`, async (signal) => {
    for (let attempt = 1; ; attempt++) {
      const { error, taken } = await pullOnce(signal);
      signal.throwIfAborted();
      onState?.({ kind: "waiting", error });
      log({ level: "warn", event: "pump.waiting", fields: { consumer, ...errorFields(error) } });
      if (error.code === "consumer-missing") await onMissing?.(signal);
      if (taken > 0) attempt = 1;
      await sleep(clock, backoffMs(rebindPolicy, attempt, Math.random()), signal);
    }
  });
}

interface PullEnd {
  readonly error: CotalError;
  /** How many entries came before it. */
  readonly taken: number;
}

/** Pulls until it cannot go on. What is in hand by then is carried over to the next pull. */
function createPuller(session: Session, options: PumpOptions): (signal: AbortSignal) => Promise<PullEnd> {
  const { stream, consumer, concurrency, prefetch = 0, handle, onState } = options;
  let current: Pull | undefined;
  let hand: Hand | undefined;
  let give: (entry: Entry) => void = () => undefined;

  const bind = async (): Promise<Hand> => {
    const { config } = await consumerInfo(session, stream, consumer);
    if (!hand) {
      hand = createHand(
        session,
        config.ack_wait === undefined ? defaultAckWaitMs : config.ack_wait / nanosPerMs,
      );
      give = createWorkers(session, { hand, concurrency, handle, onSettled: () => current?.done() });
    }
    return hand;
  };

  return async (signal) => {
    let taken = 0;
    let forget: () => void = () => undefined;
    try {
      const bound = await bind();
      onState?.({ kind: "pulling" });
      const onEntry = (entry: Entry): void => {
        taken++;
        if (bound.take(entry)) give(entry);
        else current?.done();
      };
      const window = concurrency + prefetch;
      const error = await new Promise<CotalError>((resolve, reject) => {
        forget = onAbort(signal, () => reject(signal.reason));
        current = pull(session, {
          stream,
          consumer,
          window,
          heartbeatMs,
          held: bound.size,
          onEntry,
          onLate: bound.giveBack,
          onEnd: resolve,
        });
      });
      return { error, taken };
    } catch (error) {
      return { error: brokerError(error), taken };
    } finally {
      forget();
    }
  };
}
