import { CotalError, streamApi } from "@cotal/subjects";
import type { Msg } from "@nats-io/nats-core";
import { unlessAborted } from "./abort.ts";
import { brokerError, isOverBytes, isPullEnd, pullError } from "./broker-errors.ts";
import { withDeadline } from "./clock.ts";
import { type Entry, toEntry } from "./entry.ts";
import { listen } from "./listen.ts";
import type { Session } from "./session.ts";

export interface PageOptions {
  readonly stream: string;
  readonly consumer: string;
  /** At most so many entries, and so many bytes of them. */
  readonly batch: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const pageTimeoutMs = 10_000;

/** Takes what a consumer has at the moment, up to a full page. An empty page is the end of what there is. */
export async function readPage(session: Session, options: PageOptions): Promise<readonly Entry[]> {
  const { connection, clock, denials, scope } = session;
  const { stream, consumer, batch, maxBytes, signal } = options;
  const next = streamApi.next({ stream, consumer });
  const inbox = session.inbox();
  const page = createPage({ inbox, batch });
  const subscription = listen(connection, inbox, { callback: page.receive });
  const unwatch = denials.watch(({ subject, error }) => {
    if (subject === next) page.fail(brokerError(error));
  });
  try {
    connection.publish(next, JSON.stringify({ batch, max_bytes: maxBytes, no_wait: true }), { reply: inbox });
    const late = { timeoutMs: pageTimeoutMs, onLate: () => Promise.reject(silent()) };
    return await withDeadline(clock, unlessAborted(page.complete, signal, scope.signal), late);
  } catch (error) {
    throw error === signal?.reason ? error : brokerError(error);
  } finally {
    unwatch();
    subscription.unsubscribe();
  }
}

interface Page {
  readonly complete: Promise<readonly Entry[]>;
  receive(error: Error | null, message: Msg): void;
  fail(error: CotalError): void;
}

/** Entries come under their own subjects; under the inbox itself the broker says what becomes of the request. */
function createPage({ inbox, batch }: { readonly inbox: string; readonly batch: number }): Page {
  const entries: Entry[] = [];
  let resolve: (entries: readonly Entry[]) => void = () => undefined;
  let fail: (error: CotalError) => void = () => undefined;
  const complete = new Promise<readonly Entry[]>((done, failed) => {
    resolve = done;
    fail = failed;
  });
  return {
    complete,
    fail,
    receive: (error, message) => {
      if (error) return fail(brokerError(error));
      if (message.subject !== inbox) {
        entries.push(toEntry(message));
        if (entries.length === batch) resolve(entries);
        return;
      }
      const status = { code: message.headers?.code ?? 0, text: message.headers?.description ?? "" };
      if (isOverBytes(status) && entries.length === 0) return fail(tooLarge());
      if (isPullEnd(status)) return resolve(entries);
      fail(pullError(status) ?? new CotalError("refused", "the consumer gave no page", { data: status }));
    },
  };
}

function tooLarge(): CotalError {
  return new CotalError("too-large", "an entry is larger than a page may be");
}

function silent(): CotalError {
  return new CotalError("outcome-unknown", "the consumer gave no page in time");
}
