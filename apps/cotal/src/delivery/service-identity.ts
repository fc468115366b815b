import { type CredentialSource, credentialOf, systemClock } from "@cotal/session";
import { inboxPrefix, type OwnerId } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import { seedIn } from "../mesh/credential-text.ts";

/** Who a part of a daemon is, for the life of the process. */
export interface ServiceIdentity {
  readonly id: OwnerId;
  readonly credentials: CredentialSource;
  readonly dial: { readonly inboxPrefix: string; readonly apiRoot: string };
}

/** Half of the life that daemons are given. */
const renewBelowMs = 12 * 3600 * 1000;

/** One key, whose credential is issued anew when somebody asks for it late in its life. Nothing is on the disk. */
export function serviceIdentity(issue: (seed: { readonly seed?: string }) => Minted): ServiceIdentity {
  let minted = issue({});
  const { id, apiRoot } = minted;
  return {
    id,
    credentials: () => {
      const isLate = minted.expiresAt - systemClock.now() < renewBelowMs;
      if (isLate) minted = issue({ seed: seedIn(minted.creds.reveal()) });
      return credentialOf(parseCredential(minted.creds.reveal()));
    },
    dial: { inboxPrefix: inboxPrefix(id), apiRoot: apiRoot.reveal() },
  };
}
