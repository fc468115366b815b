import { randomUUID } from "node:crypto";
import { CotalError, formatSubject, type OwnerId, type Token } from "@cotal/subjects";
import {
  type ControlReply,
  type ControlRequest,
  type PeerRef,
  readControlReply,
  type Signer,
} from "@cotal/wire";
import { unlessAborted } from "./abort.ts";
import { brokerError } from "./broker-errors.ts";
import type { Session } from "./session.ts";
import { toHeaders } from "./to-headers.ts";

export interface Call {
  readonly space: Token;
  readonly service: Token;
  readonly op: string;
  readonly args?: unknown;
  readonly from: PeerRef & { readonly id: OwnerId };
  /** Names the execution: repeating a call under its id gets the first answer. Random unless given. */
  readonly id?: string;
  /** Signs the question, where the space asks for signatures. */
  readonly signer?: Signer;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const callTimeoutMs = 5_000;

/**
 * Asks a service and gives its reply, also when that is a refusal. Rejects with `no-responders` when
 * nobody serves it, `not-allowed` when the broker forbids the question, and `outcome-unknown` when
 * no reply came in time; `data.id` is then what a repetition should carry.
 */
export async function call(
  session: Session,
  { space, service, op, args, from, ...options }: Call,
): Promise<ControlReply> {
  const { id = randomUUID(), timeoutMs = callTimeoutMs, signer, signal } = options;
  signal?.throwIfAborted();
  const route = { space, service, sender: from.id };
  const subject = formatSubject({ kind: "ctl", ...route });
  const request: ControlRequest = { v: 1, id, op, ...(args !== undefined && { args }), from };
  const bytes = new TextEncoder().encode(JSON.stringify(request));
  const signed = await signer?.sign({ subject, bytes });
  const answer = session.connection.request(subject, bytes, {
    noMux: true,
    reply: formatSubject({ kind: "reply", ...route, nonce: randomUUID() as Token }),
    timeout: timeoutMs,
    ...(signed && { headers: toHeaders(signed) }),
  });
  try {
    const { data } = await unlessAborted(answer, signal, session.scope.signal);
    const read = readControlReply(data);
    if (read.kind === "read") return read.record;
    throw new CotalError("bad-reply", `the service ${service} answered with ${read.reason}`);
  } catch (failure) {
    throw failure === signal?.reason ? failure : withId(brokerError(failure), id);
  }
}

function withId(error: CotalError, id: string): CotalError {
  const { code, message, hint, data } = error;
  return new CotalError(code, message, {
    ...(hint !== undefined && { hint }),
    data: { ...data, id },
    cause: error,
  });
}
