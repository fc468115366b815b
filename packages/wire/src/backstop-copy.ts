import { parseSubject, type Subject } from "@cotal/subjects";
import { GapMarker } from "./gap-marker.ts";
import { type HeaderValues, wholeFrom } from "./headers.ts";
import { readJson } from "./json-body.ts";
import { type CopyFacts, type GapVerdict, type Rejection, reject } from "./verdict.ts";
import { bodyReason } from "./verify-body.ts";

type CopySubject = Extract<Subject, { kind: "dlv" }>;
type ChatSubject = Extract<Subject, { kind: "chat" }>;

/** What a copy stands for: the post as it was published, and what the engine says of it. */
export interface Original {
  readonly verdict: "copy";
  readonly text: string;
  readonly subject: ChatSubject;
  readonly facts: CopyFacts;
}

/** Reads the headers of a copy; the post itself is not looked at. */
export function readCopy(subject: CopySubject, headers: HeaderValues): Original | Rejection {
  const text = headers.copySubject;
  const original = text === undefined ? null : parseSubject(text);
  if (text === undefined || original?.kind !== "chat") return reject("malformed-subject");
  if (original.space !== subject.space || original.channel !== subject.channel) return reject("wrong-route");
  const facts = readFacts(headers);
  return facts ? { verdict: "copy", text, subject: original, facts } : reject("foreign-header");
}

function readFacts(headers: HeaderValues): CopyFacts | null {
  const seq = wholeFrom(headers.copySeq);
  const storedAt = wholeFrom(headers.copyStoredAt);
  const generation = wholeFrom(headers.copyGeneration);
  const reason = headers.copyReason;
  if (seq === undefined || storedAt === undefined || generation === undefined) return null;
  if (reason !== "member" && reason !== "mention") return null;
  return { seq, storedAt, generation, reason };
}

/** Reads a gap marker. It speaks of the channel of its subject, or of all. */
export function readGap(
  subject: CopySubject,
  { bytes, maxBytes }: { bytes: Uint8Array; maxBytes: number },
): GapVerdict | Rejection {
  const body = readJson(bytes, maxBytes);
  if (body.kind === "refused") return reject(bodyReason(body.reason));
  const read = GapMarker.safeParse(body.value);
  if (!read.success) return reject("invalid-envelope");
  const { channel } = read.data;
  const isAddressed = channel === subject.channel || channel === "*";
  return isAddressed ? { verdict: "gap", gap: read.data } : reject("wrong-route");
}
