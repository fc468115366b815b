import { CotalError } from "@cotal/subjects";
import { type Clock, withDeadline } from "./clock.ts";
import type { Credential, CredentialSource } from "./dial.ts";

/**
 * Stands between the source of credentials and the dial. After a refusal it decides whether another
 * try makes sense: only when the source has a credential that was not refused yet.
 */
export interface CredentialGate {
  /** The credential for the next dial. */
  read(): Promise<Credential>;
  /** Whether the link should give up because of this error. */
  isFatal(error: CotalError): Promise<boolean>;
}

const sourceTimeoutMs = 10_000;

export function createCredentialGate(source: CredentialSource, clock: Clock): CredentialGate {
  let used: Credential | undefined;
  const ask = (): Promise<Credential> =>
    withDeadline(clock, Promise.resolve().then(source), {
      timeoutMs: sourceTimeoutMs,
      onLate: () =>
        Promise.reject(new CotalError("no-credential", "the source of credentials does not answer")),
    });
  return {
    read: async () => {
      used = await ask();
      return used;
    },
    isFatal: async ({ code }) => {
      if (code !== "auth-refused" && code !== "auth-expired") return false;
      const fresh = await ask();
      return fresh.mark === used?.mark;
    },
  };
}
