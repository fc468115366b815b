import { CotalError } from "@cotal/subjects";
import { onAbort } from "./abort.ts";
import { brokerError } from "./broker-errors.ts";
import { sleep } from "./clock.ts";
import type { Entry } from "./entry.ts";
import { errorFields } from "./log.ts";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import { pull } from "./pull.ts";
import { backoffMs, type RetryPolicy } from "./retry.ts";
import type { Session } from "./session.ts";

/** A consumer that stands ready at a place in the stream. */
export interface TailConsumer {
  readonly consumer: string;
  /** How many entries were waiting when it was made ready. */
  readonly pending: number;
  /** How many it had handed out by then. */
  readonly delivered: number;
}

export interface TailOptions {
  readonly stream: string;
  /** Makes the consumer ready to hand out what comes after `after`; `undefined` is the beginning the reader chose. */
  readonly open: (after: number | undefined) => Promise<TailConsumer>;
  /** Takes the entries one after the other. A failure is reported and the entry is read again. */
  readonly onEntry: (entry: Entry) => void | Promise<void>;
  /** Called once, when everything that was there at the beginning has been taken. */
  readonly onCaughtUp?: () => void;
  readonly onFault?: (error: CotalError) => void;
  readonly window?: number;
  /** The broker says at least this often that it is still there. */
  readonly heartbeatMs?: number;
}

const reopenPolicy: RetryPolicy = {
  baseMs: 50,
  capMs: 5_000,
  limit: { unboundedBecause: "a stream is followed for as long as the session lasts" },
};

const defaultHeartbeatMs = 1_000;

/**
 * Follows a stream for as long as the session lasts: every entry once, in order. A silence of two heartbeats, a hole in what the consumer hands out, or its loss make it open the consumer anew
 * behind the last entry taken.
 */
export function tail(session: Session, options: TailOptions): void {
  const { scope, clock, log } = session;
  const { stream, onFault } = options;
  const reader = createReader(session, options);
  scope.spawn(`tail ${stream}`, async (signal) => {
    for (let attempt = 1; ; attempt++) {
      const before = reader.taken;
      const error = brokerError(await reader.read(signal).catch((failure: unknown) => failure));
      signal.throwIfAborted();
      onFault?.(error);
      log({ level: "debug", event: "tail.reopen", fields: { stream, ...errorFields(error) } });
      if (reader.taken > before) attempt = 1;
      await sleep(clock, backoffMs(reopenPolicy, attempt, Math.random()), signal);
    }
  });
}

interface Reader {
  /** How many entries were taken so far. */
  readonly taken: number;
  /** Opens the consumer and takes entries until it fails. */
  read(signal: AbortSignal): Promise<never>;
}

function createReader(
  session: Session,
  { stream, open, onEntry, onCaughtUp, window = 256, heartbeatMs = defaultHeartbeatMs }: TailOptions,
): Reader {
  let last: number | undefined;
  let taken = 0;
  let caughtUp = false;

  const noteLeft = (left: number): void => {
    if (caughtUp || left > 0) return;
    caughtUp = true;
    onCaughtUp?.();
  };

  const follow = async (
    entries: Mailbox<Entry>,
    { pending, delivered }: TailConsumer,
    done: () => void,
  ): Promise<never> => {
    noteLeft(pending);
    for (let place = 1; ; place++) {
      const entry = await entries.take();
      if (entry.delivery !== delivered + place)
        throw new CotalError("bad-reply", "entries were lost on the way");
      await onEntry(entry);
      last = entry.seq;
      taken++;
      done();
      noteLeft(pending - place);
    }
  };

  return {
    get taken() {
      return taken;
    },
    read: async (signal) => {
      const place = await open(last);
      signal.throwIfAborted();
      const entries = createMailbox<Entry>();
      const forget = onAbort(signal, () => entries.fail(signal.reason));
      const { consumer } = place;
      const pulling = pull(session, {
        stream,
        consumer,
        window,
        heartbeatMs,
        onEntry: entries.put,
        onEnd: entries.fail,
      });
      try {
        return await follow(entries, place, pulling.done);
      } finally {
        forget();
        await pulling.release();
      }
    },
  };
}
