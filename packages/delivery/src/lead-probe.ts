import { brokerError, call, type Session } from "@cotal/session";
import { type OwnerId, serviceName, type Token } from "@cotal/subjects";
import type { PeerRef } from "@cotal/wire";
import type { LeadDeps } from "./keep-lead.ts";

export interface ProbeOptions {
  readonly space: Token;
  /** Whose credential the session has. */
  readonly self: PeerRef & { readonly id: OwnerId };
}

const patienceMs = 1_000;

/** Asks the service of a shard for a sign of life. Any answer is one, a refusal too; no answer says nothing. */
export function createLeadProbe(session: Session, { space, self }: ProbeOptions): LeadDeps["probe"] {
  return async (shard, signal) => {
    const service = serviceName.delivery(shard);
    try {
      await call(session, { space, service, op: "ping", from: self, timeoutMs: patienceMs, signal });
      return "served";
    } catch (failure) {
      return brokerError(failure).code === "no-responders" ? "silent" : "unknown";
    }
  };
}
