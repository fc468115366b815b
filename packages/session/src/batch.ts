import { CotalError } from "@cotal/subjects";
import { type Msg, type MsgHdrs, nuid } from "@nats-io/nats-core";
import { numberHeaders } from "./batch-headers.ts";
import { brokerError } from "./broker-errors.ts";
import { readAnswer } from "./js-api.ts";
import type { Session } from "./session.ts";

export interface BatchMessage {
  readonly subject: string;
  readonly data: Uint8Array | string;
  /** The headers of the batch are added to them. */
  readonly headers?: MsgHdrs;
}

export type BatchOutcome =
  /** All are stored; the last under `seq`. */
  | { readonly kind: "committed"; readonly seq: number; readonly count: number }
  /** None is stored. `error.data.errCode` is the broker's number. */
  | { readonly kind: "refused"; readonly error: CotalError }
  /** All are stored, or none: look before writing again. */
  | { readonly kind: "unknown"; readonly error: CotalError };

/** The broker takes no more in one batch. */
export const maxBatch = 1_000;
const commitTimeoutMs = 2_000;

interface CommitAnswer {
  readonly seq: number;
  readonly count?: number;
}

/**
 * Stores all messages or none. Only the last asks for an answer, so a batch costs one round trip,
 * and what the broker found wrong with any of them comes in that answer.
 */
export async function writeBatch(
  session: Session,
  messages: readonly BatchMessage[],
  { timeoutMs = commitTimeoutMs }: { readonly timeoutMs?: number } = {},
): Promise<BatchOutcome> {
  const last = messages.at(-1);
  if (!last || messages.length > maxBatch) {
    throw new CotalError("bad-request", `a batch has 1 to ${maxBatch} messages, not ${messages.length}`);
  }
  let answer: Msg;
  try {
    answer = await send(session, messages, last, timeoutMs);
  } catch (failure) {
    const error = brokerError(failure);
    return {
      kind: error.code === "no-responders" || error.code === "not-allowed" ? "refused" : "unknown",
      error,
    };
  }
  return readCommit(answer);
}

function send(
  { connection, requests }: Session,
  messages: readonly BatchMessage[],
  last: BatchMessage,
  timeoutMs: number,
): Promise<Msg> {
  const numbered = numberHeaders(nuid.next());
  for (const [at, message] of messages.slice(0, -1).entries()) {
    connection.publish(message.subject, message.data, { headers: numbered(message.headers, at + 1) });
  }
  const commit = numbered(last.headers, messages.length, { isLast: true });
  return requests.ask({ subject: last.subject, data: last.data, headers: commit, timeoutMs });
}

function readCommit({ data }: Msg): BatchOutcome {
  try {
    const { seq, count = 1 } = readAnswer<CommitAnswer>(data);
    return { kind: "committed", seq, count };
  } catch (failure) {
    const error = brokerError(failure);
    return { kind: error.code === "bad-reply" ? "unknown" : "refused", error };
  }
}
