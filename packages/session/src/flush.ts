import { unlessAborted } from "./abort.ts";
import { brokerError } from "./broker-errors.ts";
import type { Session } from "./session.ts";

/**
 * Resolves when the broker has dealt with everything that was said until now. When the connection ends before
 * that it rejects with `connection-lost`; left to itself, the client would never answer.
 */
export async function flush({ connection, scope }: Pick<Session, "connection" | "scope">): Promise<void> {
  try {
    await unlessAborted(connection.flush(), scope.signal);
  } catch (error) {
    throw brokerError(error);
  }
}
