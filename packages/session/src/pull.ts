import { CotalError, streamApi } from "@cotal/subjects";
import type { Msg } from "@nats-io/nats-core";
import { brokerError, type PullStatus, pullError } from "./broker-errors.ts";
import { withDeadline } from "./clock.ts";
import { type Entry, toEntry } from "./entry.ts";
import type { Release } from "./scope.ts";
import type { Session } from "./session.ts";
import { createWatchdog } from "./watchdog.ts";
import { createWindow } from "./window.ts";

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  /** How many entries may be on their way or in the receiver's hands at once. */
  readonly window: number;
  /** The broker says at least this often that it is still there; twice as long a silence ends the pull. */
  readonly heartbeatMs: number;
  /** Entries of an earlier pull that the receiver still holds. */
  readonly held?: number;
  readonly onEntry: (entry: Entry) => void;
  /** Told about what was on its way when the pull ended; then the end waits a moment for it. */
  readonly onLate?: (entry: Entry) => void;
  /** Called once, unless it is released: the pull cannot go on. */
  readonly onEnd: (error: CotalError) => void;
}

/** Entries of one consumer, handed out as the receiver has room for them. */
export interface Pull {
  /** The receiver is done with an entry; there is room for another. */
  done(): void;
  readonly release: Release;
}

const expiresMs = 30_000;
/** How long an end waits for what is on its way: a connection that is dead holds nobody up. */
const lateMs = 1_000;
const nanosPerMs = 1e6;

/**
 * Asks the consumer for entries and keeps asking. It asks anew when half the window is free or
 * nothing is on its way, so that a stream of entries costs few requests. Needs the right to
 * `CONSUMER.MSG.NEXT` and nothing else.
 */
export function pull(session: Session, options: PullOptions): Pull {
  const { connection, clock, scope, denials } = session;
  const { stream, consumer, window, held = 0, heartbeatMs, onEntry, onLate, onEnd } = options;
  const next = streamApi.next({ stream, consumer });
  const inbox = session.inbox();
  const silence = createWatchdog(clock, heartbeatMs * 2, () => fail(silent()));
  const places = createWindow(window, held);
  let open = true;

  const ask = (): void => {
    const batch = places.claim();
    if (batch > 0) {
      const request = { batch, expires: expiresMs * nanosPerMs, idle_heartbeat: heartbeatMs * nanosPerMs };
      connection.publish(next, JSON.stringify(request), { reply: inbox });
    }
    if (places.waiting) silence.feed();
    else silence.rest();
  };

  const receive = (error: Error | null, message: Msg): void => {
    const status = error ? undefined : statusOf(message);
    const failure = error ? brokerError(error) : status && pullError(status);
    if (failure) {
      fail(failure);
      return;
    }
    if (!status) {
      places.arrived();
      onEntry(toEntry(message));
    } else if (status.code !== HEARTBEAT) {
      places.unfilled(status.unfilled);
    }
    ask();
  };

  const receiveLate = (error: Error | null, message: Msg): void => {
    if (!error && !statusOf(message)) onLate?.(toEntry(message));
  };

  const release = scope.defer(async () => {
    open = false;
    silence.rest();
    unwatch();
    if (onLate && !connection.isClosed()) {
      await withDeadline(clock, subscription.drain(), { timeoutMs: lateMs, onLate: () => undefined });
    }
    subscription.unsubscribe();
  });
  const fail = (error: CotalError): void => {
    if (!open) return;
    open = false;
    void release();
    onEnd(error);
  };

  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => (open ? receive : receiveLate)(error, message),
  });
  const unwatch = denials.watch(({ subject, error }) => {
    if (subject === next) fail(brokerError(error));
  });
  ask();
  return {
    done: () => {
      places.done();
      if (open) ask();
    },
    release,
  };
}

const HEARTBEAT = 100;

interface Status extends PullStatus {
  /** How many of the asked entries this request will not bring any more. */
  readonly unfilled: number;
}

function statusOf({ headers, data }: Msg): Status | undefined {
  if (!headers || headers.code === 0 || data.length > 0) return undefined;
  const unfilled = Number(headers.get("Nats-Pending-Messages")) || 0;
  return { code: headers.code, text: headers.description, unfilled };
}

function silent(): CotalError {
  return new CotalError("outcome-unknown", "the consumer fell silent");
}
