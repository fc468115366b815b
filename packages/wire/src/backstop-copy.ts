import { directLane, isToken, parseSubject, type Subject } from "@cotal/subjects";
import { GapMarker } from "./gap-marker.ts";
import { type HeaderValues, wholeFrom } from "./headers.ts";
import { readJson } from "./json-body.ts";
import { type CopyFacts, type GapVerdict, type Rejection, reject } from "./verdict.ts";
import { bodyReason } from "./verify-body.ts";

type CopySubject = Extract<Subject, { kind: "dlv" }>;
type PostSubject = Extract<Subject, { kind: "chat" | "inst" | "svc" }>;

/** What a copy stands for: the message as it was published, and what the engine says of it. */
export interface Original {
  readonly verdict: "copy";
  readonly text: string;
  readonly subject: PostSubject;
  readonly facts: CopyFacts;
}

/** Reads the headers of a copy; the message itself is not looked at. */
export function readCopy(subject: CopySubject, headers: HeaderValues): Original | Rejection {
  const text = headers.copySubject;
  const original = text === undefined ? null : parseSubject(text);
  if (text === undefined || !isPost(original)) return reject("malformed-subject");
  if (!isAddressed(subject, original)) return reject("wrong-route");
  const facts = readFacts(headers);
  if (!facts || (original.kind !== "chat" && facts.reason !== "replay")) return reject("foreign-header");
  return { verdict: "copy", text, subject: original, facts };
}

function isPost(subject: Subject | null): subject is PostSubject {
  return subject?.kind === "chat" || subject?.kind === "inst" || subject?.kind === "svc";
}

/** A post of a channel stands under it. What was sent to the owner itself, or to its role, stands under none. */
function isAddressed({ space, owner, channel }: CopySubject, original: PostSubject): boolean {
  if (original.space !== space) return false;
  if (original.kind === "chat") return original.channel === channel;
  return channel === directLane && (original.kind === "svc" || original.target === owner);
}

function readFacts(headers: HeaderValues): CopyFacts | null {
  const seq = wholeFrom(headers.copySeq);
  const storedAt = wholeFrom(headers.copyStoredAt);
  const generation = wholeFrom(headers.copyGeneration);
  const { copyReason: reason, letter } = headers;
  if (seq === undefined || storedAt === undefined || generation === undefined) return null;
  if (reason === "replay") {
    return letter !== undefined && isToken(letter) ? { seq, storedAt, generation, reason, letter } : null;
  }
  if ((reason !== "member" && reason !== "mention") || letter !== undefined) return null;
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
