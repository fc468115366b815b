import type { CotalError } from "@cotal/subjects";
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

export function createCredentialGate(source: CredentialSource): CredentialGate {
  let used: Credential | undefined;
  return {
    read: async () => {
      used = await source();
      return used;
    },
    isFatal: async ({ code }) => {
      if (code !== "auth-refused" && code !== "auth-expired") return false;
      const fresh = await source();
      return fresh.mark === used?.mark;
    },
  };
}
