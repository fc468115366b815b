import { CotalError } from "@cotal/subjects";
import { readAnswer } from "./js-api.ts";
import type { Session } from "./session.ts";
import { toHeaders } from "./to-headers.ts";

export interface StoreOptions {
  readonly subject: string;
  readonly data: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number | undefined;
}

/** A stream has it. */
export interface Stored {
  readonly stream: string;
  readonly seq: number;
  /** It had it before, under the same message id. */
  readonly duplicate: boolean;
}

interface Ack {
  readonly stream?: unknown;
  readonly seq?: unknown;
  readonly duplicate?: boolean;
}

const storeTimeoutMs = 5_000;

/**
 * Publishes one message to whatever stream takes its subject and waits for the broker's word. It rejects with
 * `outcome-unknown` or `connection-lost` when none came: it may be stored then.
 */
export async function store(session: Session, options: StoreOptions): Promise<Stored> {
  const { subject, data, headers: fields, timeoutMs = storeTimeoutMs } = options;
  const headers = fields && toHeaders(fields);
  const reply = await session.requests.ask({ subject, data, headers, timeoutMs });
  const { stream, seq, duplicate = false } = readAnswer<Ack>(reply.data);
  if (typeof stream === "string" && typeof seq === "number") return { stream, seq, duplicate };
  throw new CotalError("bad-reply", "the answer does not say what was stored", { data: { subject } });
}
