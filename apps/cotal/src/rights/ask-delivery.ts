import { call } from "@cotal/session";
import {
  CotalError,
  type ErrorCode,
  errorCodes,
  type OwnerId,
  partition,
  serviceName,
} from "@cotal/subjects";
import { createSigner } from "@cotal/wire";
import type { OperatorDesk } from "../mesh/operator-desk.ts";
import type { MeshSettings } from "../mesh/settings.ts";

/** What the operator asks about a peer. */
export interface DeliveryQuestion {
  /** Everybody when it is absent; the leader of any shard knows. */
  readonly owner: OwnerId | undefined;
  readonly op: string;
  readonly args?: object;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export type DeliveryAnswer =
  | { readonly kind: "answered"; readonly data: unknown }
  /** Nobody leads the shard of the peer. */
  | { readonly kind: "no-leader" };

/** Asks the leader of the peer's shard. What it refuses is thrown. */
export async function askDelivery(
  { session, id, keys }: OperatorDesk,
  { space, shards, mode }: MeshSettings,
  { owner, op, args, timeoutMs = answerMs, signal }: DeliveryQuestion,
): Promise<DeliveryAnswer> {
  try {
    const reply = await call(session, {
      space,
      service: serviceName.deliveryAdmin(owner === undefined ? 0 : partition(shards, owner)),
      op,
      args: { ...(owner !== undefined && { owner }), ...args },
      from: { id, name: "cotal" },
      ...(mode === "auth" && { signer: createSigner(keys, { now: session.brokerClock.now }) }),
      timeoutMs,
      signal,
    });
    if (reply.ok) return { kind: "answered", data: reply.data };
    throw refusal(reply.error);
  } catch (error) {
    if (error instanceof CotalError && error.code === "no-responders") return { kind: "no-leader" };
    throw error;
  }
}

const answerMs = 10_000;

function refusal({ code, message }: { readonly code: string; readonly message: string }): CotalError {
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "refused";
  return new CotalError(known, `the delivery daemon refuses: ${message}`, {
    hint: "see cotal status; then run the same command again, which goes on where it stopped",
    data: { code },
  });
}
