import { onAbort, withDeadline } from "@cotal/session";
import { CotalError, quoted } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import type { Demand } from "./demand.ts";
import { handleAll } from "./handling.ts";
import type { Desk } from "./intake.ts";
import { type Deliveries, iterate } from "./iterate.ts";
import { createReception, type Reception } from "./reception.ts";

/**
 * Handles one message. When it resolves the message is handled, unless it resolves with another
 * outcome; when it throws the message comes again later. The signal asks it to come to an end.
 */
export type Handler =
  | ((delivery: Delivery, signal: AbortSignal) => Promise<void>)
  | ((delivery: Delivery, signal: AbortSignal) => Promise<Outcome | undefined>);

export interface ReceiveOptions {
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface HandleOptions extends ReceiveOptions {
  /** How many messages are handled at once; 1 unless given. */
  readonly concurrency?: number | undefined;
  /** After so many failures here a message is rejected; 5 unless given. */
  readonly maxAttempts?: number | undefined;
}

/** A handler at work. */
export interface Receiving extends AsyncDisposable {
  /** Takes no more, waits for what is being handled, for a bounded time, and hands the rest back. */
  stop(): Promise<void>;
}

/** Where messages come out. One may receive at a time. */
export interface Receiver {
  /** Messages one by one. Going on to the next settles nothing: `Delivery.settle` does. */
  messages(options?: ReceiveOptions): Deliveries;
  onMessage(handler: Handler, options?: HandleOptions): Receiving;
  /** Ends receiving for good. */
  stop(): Promise<void>;
}

export interface ReceiverDeps {
  readonly desk: Desk;
  readonly demand: Demand;
}

const maxConcurrency = 1_000;
/** How long an end waits for what is being handled. */
const graceMs = 10_000;

export function createReceiver(core: Core, { desk, demand }: ReceiverDeps): Receiver {
  let present: Reception | undefined;
  let stopped = false;

  const begin = (concurrency: number): Reception => {
    if (stopped) throw new CotalError("stopped", "the endpoint has been stopped");
    if (present) throw alreadyReceiving();
    const reception = createReception(desk, () => {
      present = undefined;
      return demand.change(undefined);
    });
    present = reception;
    void demand.change(concurrency).catch(report);
    return reception;
  };

  /** What is handled longer than that is left to itself; its entries have gone back by then. */
  const finish = async (reception: Reception): Promise<void> => {
    reception.ask();
    const late = { timeoutMs: graceMs, onLate: () => reception.end() };
    await withDeadline(core.clock, reception.ended, late);
  };
  const report = (error: unknown): void => core.fault("receiver", error);

  return {
    messages: ({ signal } = {}) => iterate({ desk, begin: () => begin(1), signal }),
    onMessage: (handler, options = {}) => {
      const { concurrency = 1, maxAttempts = 5, signal } = options;
      requireCount("concurrency", concurrency, maxConcurrency);
      requireCount("maxAttempts", maxAttempts, Number.MAX_SAFE_INTEGER);
      const reception = begin(concurrency);
      const handling = { core, desk, handler, maxAttempts, signal: reception.signal };
      const workers = Array.from({ length: concurrency }, () => handleAll(handling));
      const forget = signal ? onAbort(signal, reception.ask) : () => undefined;
      void Promise.all(workers).finally(forget).then(reception.end).catch(report);
      const stop = (): Promise<void> => finish(reception);
      return { stop, [Symbol.asyncDispose]: stop };
    },
    stop: async () => {
      stopped = true;
      if (present) await finish(present);
    },
  };
}

function alreadyReceiving(): CotalError {
  return new CotalError("already-receiving", "somebody receives the messages of this endpoint already", {
    hint: "stop the other receiver first, or give one handler a higher concurrency",
  });
}

function requireCount(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new CotalError("bad-options", `${quoted(String(value))} cannot be the ${name} of a handler`, {
    hint: `use a whole number from 1 to ${most}`,
  });
}
