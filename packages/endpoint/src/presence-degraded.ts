import { brokerError } from "@cotal/session";
import { CotalError } from "@cotal/subjects";

/** Presence has a fault. Messages and channels go on without it. */
export function presenceDegraded(what: string, failure: unknown): CotalError {
  const cause = brokerError(failure);
  return new CotalError("presence-degraded", `${what}: ${cause.message}`, {
    hint: "it is tried again until it succeeds; messages are not affected",
    data: { reason: cause.code },
    cause,
  });
}
