import { parseSubject } from "@cotal/subjects";
import { GapMarker, header } from "@cotal/wire";
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Outgoing } from "./core/copy.ts";
import type { Piece, StoredPiece } from "./core/quota.ts";
import type { StoredMessage } from "./stored-message.ts";

/** What a stored copy or marker stands for; `undefined` for anything else. */
export function storedPiece(message: StoredMessage): StoredPiece | undefined {
  const { subject, headers, data, seq: at, storedAt } = message;
  const bytes = subject.length + data.byteLength + headerBytes(headers);
  const piece = pieceOf({ subject, headers, data }, bytes);
  return piece && { ...piece, at, storedAt };
}

export function outgoingPiece({ message, bytes }: Outgoing): Piece | undefined {
  const { subject, headers, data } = message;
  return pieceOf({ subject, headers, data: Buffer.from(data) }, bytes);
}

interface Content {
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly data: Uint8Array;
}

function pieceOf({ subject, headers, data }: Content, bytes: number): Piece | undefined {
  const parsed = parseSubject(subject);
  const stored = parsed?.kind === "ingest" ? parsed.stored : parsed;
  if (stored?.kind !== "dlv" || headers === undefined) return undefined;
  if (headers.has(header.gap)) {
    const { channel, fromSeq, toSeq, count } = GapMarker.parse(JSON.parse(Buffer.from(data).toString()));
    return { kind: "gap", channel: channel as Piece["channel"], fromSeq, toSeq, count, bytes };
  }
  const seq = Number(headers.get(header.copySeq));
  return { kind: "copy", channel: stored.channel, fromSeq: seq, toSeq: seq, count: 1, bytes };
}

function headerBytes(headers: MsgHdrs | undefined): number {
  let bytes = 0;
  for (const [name, values] of headers ?? []) {
    for (const value of values) bytes += name.length + value.length + 4;
  }
  return bytes;
}
