import { type OwnerId, parseSubject } from "@cotal/subjects";
import { ControlRequest } from "./control.ts";
import { readHeaders, type WireHeaders } from "./headers.ts";
import type { Policy } from "./policy.ts";
import type { ServiceRoute } from "./route.ts";
import { type Rejection, reject } from "./verdict.ts";
import { verifyBody } from "./verify-body.ts";

/** A control request as it arrived at a responder. */
export interface RequestDelivery {
  readonly subject: string;
  /** Where the answer is wanted. */
  readonly reply?: string | undefined;
  readonly headers?: WireHeaders | undefined;
  readonly bytes: Uint8Array;
  readonly route: ServiceRoute;
  readonly policy: Policy;
}

export type RequestVerdict =
  | {
      readonly verdict: "ok";
      readonly request: ControlRequest;
      readonly sender: OwnerId;
      readonly reply: string;
    }
  | Rejection
  | { readonly verdict: "reject"; readonly reason: "foreign-reply" };

/**
 * The one check of a responder, made before anything is executed. The answer goes below the subject of
 * the request and nowhere else: else a caller could aim the responder's rights at a third. Never throws.
 */
export function verifyRequest(delivery: RequestDelivery): RequestVerdict {
  const { subject, reply, route, bytes, policy } = delivery;
  const parsed = parseSubject(subject);
  if (parsed === null) return reject("malformed-subject");
  if (parsed.kind !== "ctl" || parsed.space !== route.space || parsed.service !== route.service) {
    return reject("wrong-route");
  }
  if (reply === undefined || !isBoundReply(subject, reply)) {
    return { verdict: "reject", reason: "foreign-reply" };
  }
  const headers = delivery.headers ? readHeaders(delivery.headers, false) : {};
  if (headers === null) return reject("foreign-header");
  const { sender } = parsed;
  const body = verifyBody({ subject, sender, headers, bytes, policy }, isControlRequest);
  return body.verdict === "ok" ? { verdict: "ok", request: body.value, sender, reply } : body;
}

/** True when `reply` is one token below the reply subtree of the request's own subject. */
export function isBoundReply(subject: string, reply: string): boolean {
  return reply.startsWith(`${subject}.reply.`) && parseSubject(reply)?.kind === "reply";
}

function isControlRequest(value: unknown): value is ControlRequest {
  return ControlRequest.safeParse(value).success;
}
