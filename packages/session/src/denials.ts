import { type NatsConnection, PermissionViolationError, type Status } from "@nats-io/nats-core";
import { brokerError } from "./broker-errors.ts";
import type { Scope } from "./scope.ts";

export interface Denial {
  readonly operation: "publish" | "subscription";
  readonly subject: string;
  readonly error: Error;
}

/** The broker reports a refusal apart from the call that met it; here a caller learns of its own. */
export interface Denials {
  /** Calls back for each later refusal; the answer stops that. */
  watch(listener: (denial: Denial) => void): () => void;
}

/** Reads the status of a connection until it closes. */
export function watchDenials(connection: NatsConnection, scope: Scope): Denials {
  const listeners = new Set<(denial: Denial) => void>();
  scope.spawn("connection status", async () => {
    for await (const status of connection.status()) {
      const denial = denialOf(status);
      if (denial) for (const listener of listeners) listener(denial);
    }
  });
  return {
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function denialOf(status: Status): Denial | undefined {
  if (status.type !== "error" || !(status.error instanceof PermissionViolationError)) return undefined;
  const { operation, subject } = status.error;
  return { operation, subject, error: brokerError(status.error) };
}
