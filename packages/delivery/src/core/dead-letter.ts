import { createHash } from "node:crypto";
import {
  asToken,
  CotalError,
  isToken,
  type OwnerId,
  parseSubject,
  type Subject,
  type Token,
} from "@cotal/subjects";
import {
  header,
  type Policy,
  type RecordReader,
  type Route,
  recordReader,
  verifyDelivery,
} from "@cotal/wire";
import * as z from "zod";

/** What a peer gives up, and why, in its own words. */
export interface Burial {
  /** Under which it was sent. */
  readonly subject: string;
  readonly reason: string;
  readonly id?: string | undefined;
  /** Absent when it cannot be read, or is too large to be handed over: then nothing of it can be proved or replayed. */
  readonly message?: BuriedMessage | undefined;
}

export interface BuriedMessage {
  /** What its sender signed it with, and how it came about. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As its sender wrote it, in base64. */
  readonly body: string;
  /** By the broker's clock, when it was first stored; and where. */
  readonly storedAt: number;
  readonly seq: number;
  /** Which dead letter it was before, when it is given up again. */
  readonly letter?: Token | undefined;
}

/** What an owner could not handle, as it is kept. */
export interface DeadLetter extends Burial {
  readonly v: 1;
  readonly owner: OwnerId;
  readonly sender: OwnerId;
  readonly buriedAt: number;
}

/** What is carried over of a message; anything else was never part of it. */
const carried = [header.signature, header.signedAt, header.path, header.hops] as const;
const whole = z.int().nonnegative();
const burial = {
  subject: z.string().max(1_024),
  reason: z.string().max(256),
  id: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,128}$/)
    .optional(),
  message: z
    .looseObject({
      headers: z.array(z.tuple([z.enum(carried), z.string().max(4_096)])).max(carried.length),
      body: z.base64(),
      storedAt: whole,
      seq: whole,
      letter: z.string().refine(isToken).optional(),
    })
    .optional(),
};
const BurialOrder = z.looseObject(burial) as unknown as z.ZodType<Burial>;
const DeadLetterRecord = z.looseObject({
  v: z.literal(1),
  owner: z.string(),
  sender: z.string(),
  buriedAt: whole,
  ...burial,
}) as unknown as z.ZodType<DeadLetter>;

export const readDeadLetter: RecordReader<DeadLetter> = recordReader(DeadLetterRecord);

export function asBurial(args: unknown): Burial {
  const read = BurialOrder.safeParse(args);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join(".").slice(0, 80) ?? "";
  throw refusal(`bury is refused: ${where === "" ? "the arguments" : where} does not have its form`);
}

export type PostSubject = Extract<Subject, { kind: "chat" | "inst" | "svc" }>;

export interface Undertaker {
  readonly space: Token;
  readonly owner: OwnerId;
  readonly policy: Policy;
}

export interface Grave {
  readonly letter: Token;
  readonly sender: OwnerId;
  readonly id: string | undefined;
}

/**
 * Where something that an owner gives up is to be kept: the same at the same place, however often it is said. What
 * the owner cannot have got, or its sender did not sign, is refused.
 */
export function graveOf(
  { subject, reason, id, message }: Burial,
  { space, owner, policy }: Undertaker,
): Grave {
  const sent = sentSubject(subject);
  if (!sent || sent.space !== space || (sent.kind === "inst" && sent.target !== owner)) {
    throw new CotalError("not-allowed", "one gives up only what was sent to oneself", { data: { owner } });
  }
  const { sender } = sent;
  if (!message) return { letter: letterOf(["notice", subject, id ?? reason]), sender, id };
  const { headers, body, storedAt, letter = "" } = message;
  const verdict = verifyDelivery({
    subject,
    headers: headers.map(([name, value]) => [name, [value]] as [string, string[]]),
    bytes: Buffer.from(body, "base64"),
    storedAt,
    route: routeOf(sent),
    policy,
  });
  if (verdict.verdict !== "ok") {
    const why = verdict.verdict === "reject" ? verdict.reason : verdict.verdict;
    throw refusal(`what is given up is not what ${sender} has sent: ${why}`);
  }
  const { id: proved } = verdict.message;
  return { letter: letterOf(["message", sender, proved, letter]), sender, id: proved };
}

export function sentSubject(text: string): PostSubject | undefined {
  const subject = parseSubject(text);
  const isSent = subject?.kind === "chat" || subject?.kind === "inst" || subject?.kind === "svc";
  return isSent ? subject : undefined;
}

function routeOf(subject: PostSubject): Route {
  const { space } = subject;
  switch (subject.kind) {
    case "chat":
      return { kind: "channel", space, covers: () => true };
    case "inst":
      return { kind: "dm", space, owner: subject.target };
    case "svc":
      return { kind: "anycast", space, role: subject.role };
  }
}

/** In a form that fits into a subject, whatever the parts are. */
function letterOf(parts: readonly string[]): Token {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return asToken("letter", digest.slice(0, 32));
}

function refusal(what: string): CotalError {
  return new CotalError("bad-request", what, {
    hint: "let the peer and the delivery daemon have the same release",
  });
}
