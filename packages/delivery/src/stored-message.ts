import { type Entry, requestApi, type Session } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { MsgHdrsImpl } from "@nats-io/nats-core";

/** A message as its stream holds it. */
export type StoredMessage = Pick<Entry, "subject" | "headers" | "data" | "seq" | "storedAt">;

export type Which =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  /** The first of these subjects, from this place on. */
  | { readonly next_by_subj: string; readonly seq: number };

interface Answer {
  readonly message: {
    readonly subject: string;
    readonly seq: number;
    readonly hdrs?: string;
    readonly data?: string;
    readonly time: string;
  };
}

/** Asks the leader of the stream, so that nothing older is seen than what is stored. */
export async function readStored(
  session: Session,
  stream: string,
  which: Which,
): Promise<StoredMessage | undefined> {
  try {
    const { message } = await requestApi<Answer>(session, `STREAM.MSG.GET.${stream}`, which);
    const { subject, seq, hdrs, data = "", time } = message;
    return {
      subject,
      seq,
      headers: hdrs === undefined ? undefined : MsgHdrsImpl.decode(Buffer.from(hdrs, "base64")),
      data: Buffer.from(data, "base64"),
      storedAt: Date.parse(time),
    };
  } catch (error) {
    if (error instanceof CotalError && error.code === "message-missing") return undefined;
    throw error;
  }
}
