import type { OwnerId } from "@cotal/subjects";
import type { HeaderValues } from "./headers.ts";
import { isFields } from "./is-message.ts";
import { type JsonRefusal, readJson } from "./json-body.ts";
import { isDedupeId } from "./message-id.ts";
import type { Policy } from "./policy.ts";
import { type Rejection, type RejectReason, reject } from "./verdict.ts";

/** Something whose subject and headers are in order; what it says of itself is not checked yet. */
export interface Arrived {
  /** The subject under which it was signed. */
  readonly subject: string;
  readonly sender: OwnerId;
  readonly headers: HeaderValues;
  readonly bytes: Uint8Array;
  readonly policy: Policy;
  /** Broker time in ms at which it was stored; absent when it is received now. */
  readonly storedAt?: number | undefined;
}

interface Verified<T> {
  readonly verdict: "ok";
  readonly value: T;
  readonly signedAt: number | undefined;
}

/** From the bytes to a record that comes from the sender its subject names. */
export function verifyBody<T extends { readonly id: string }>(
  arrived: Arrived,
  fits: (value: unknown) => value is T,
): Verified<T> | Rejection {
  const { sender, headers, policy } = arrived;
  const body = readJson(arrived.bytes, policy.maxBytes);
  if (body.kind === "refused") return reject(bodyReason(body.reason));
  const { value } = body;
  if (isFields(value) && !comesFrom(value.from, sender)) return reject("sender-mismatch");
  if (!fits(value)) return reject("invalid-envelope");
  const { id } = value;
  if (headers.dedupeId !== undefined && !isDedupeId(headers.dedupeId, { sender, id })) {
    return reject("foreign-header");
  }
  if (policy.signatures === "none") return { verdict: "ok", value, signedAt: undefined };
  const signature = policy.signatures.verify(arrived);
  if (signature.kind !== "valid") return reject(signature.kind);
  const { signedAt, at } = signature;
  if (policy.guard?.admit({ sender, id, signedAt, at }) === "replayed") return reject("replayed");
  return { verdict: "ok", value, signedAt };
}

export function bodyReason(reason: JsonRefusal): RejectReason {
  return reason === "forbidden-key" ? "invalid-envelope" : reason;
}

function comesFrom(from: unknown, sender: OwnerId): boolean {
  return isFields(from) && from.id === sender;
}
