import { parseSubject, type Subject } from "@cotal/subjects";
import { readCopy, readGap } from "./backstop-copy.ts";
import { type HeaderValues, readHeaders, type WireHeaders, wholeFrom } from "./headers.ts";
import { isMessage } from "./is-message.ts";
import type { Policy } from "./policy.ts";
import type { Route } from "./route.ts";
import {
  type Accepted,
  type AddressingKind,
  type CopyFacts,
  type Rejection,
  reject,
  type Verdict,
} from "./verdict.ts";
import { type Arrived, verifyBody } from "./verify-body.ts";

/** One entry as it arrived, and what the receiving path expects of it. */
export interface Delivery {
  readonly subject: string;
  readonly headers?: WireHeaders | undefined;
  readonly bytes: Uint8Array;
  readonly route: Route;
  readonly policy: Policy;
  /** Broker time in ms at which its stream stored it. Absent on a live message: it is received now. */
  readonly storedAt?: number | undefined;
}

type PostSubject = Extract<Subject, { kind: "chat" | "inst" | "svc" }>;
type CopySubject = Extract<Subject, { kind: "dlv" }>;

const addressing: Readonly<Record<PostSubject["kind"], AddressingKind>> = {
  chat: "channel",
  inst: "dm",
  svc: "anycast",
};

/** The one check of every receiving path. Never throws. */
export function verifyDelivery(delivery: Delivery): Verdict {
  const { route } = delivery;
  const subject = parseSubject(delivery.subject);
  if (subject === null) return reject("malformed-subject");
  if (!isExpected(route, subject)) return reject("wrong-route");
  const headers = delivery.headers ? readHeaders(delivery.headers, subject.kind === "dlv") : {};
  if (headers === null) return reject("foreign-header");
  if (subject.kind === "dlv") return verifyStored(delivery, { subject, headers });
  return verifyPost(subject, {
    subject: delivery.subject,
    sender: subject.sender,
    headers,
    bytes: delivery.bytes,
    policy: delivery.policy,
    storedAt: delivery.storedAt,
  });
}

function isExpected(route: Route, subject: Subject): subject is PostSubject | CopySubject {
  switch (subject.kind) {
    case "chat":
      return route.kind === "channel" && route.space === subject.space && route.covers(subject.channel);
    case "inst":
      return route.kind === "dm" && route.space === subject.space && fits(route.owner, subject.target);
    case "svc":
      return route.kind === "anycast" && route.space === subject.space && fits(route.role, subject.role);
    case "dlv":
      return route.kind === "backstop" && route.space === subject.space && route.owner === subject.owner;
    default:
      return false;
  }
}

function fits(expected: string, given: string): boolean {
  return expected === "*" || expected === given;
}

/** An entry of the backstop: a gap marker, or a copy that is checked as the post it stands for. */
function verifyStored(
  { bytes, policy }: Delivery,
  { subject, headers }: { subject: CopySubject; headers: HeaderValues },
): Verdict {
  if (headers.gap !== undefined) return readGap(subject, { bytes, maxBytes: policy.maxBytes });
  const copy = readCopy(subject, headers);
  if (copy.verdict === "reject") return copy;
  const { text, subject: original, facts } = copy;
  const { storedAt } = facts;
  return verifyPost(
    original,
    { subject: text, sender: original.sender, headers, bytes, policy, storedAt },
    facts,
  );
}

function verifyPost(subject: PostSubject, arrived: Arrived, copy?: CopyFacts): Accepted | Rejection {
  const body = verifyBody(arrived, isMessage);
  if (body.verdict === "reject") return body;
  return {
    verdict: "ok",
    message: body.value,
    kind: addressing[subject.kind],
    channel: subject.kind === "chat" ? subject.channel : undefined,
    sender: subject.sender,
    hops: readHops(arrived.headers.hops),
    signedAt: body.signedAt,
    seq: subject.kind === "chat" ? copy?.seq : undefined,
    copy,
  };
}

/** A count that cannot be read is beyond every limit, so that nothing answers to it by itself. */
function readHops(value: string | undefined): number {
  return value === undefined ? 0 : (wholeFrom(value) ?? Number.POSITIVE_INFINITY);
}
