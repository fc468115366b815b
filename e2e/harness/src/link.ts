import {
  type Capability,
  type Clock,
  type CredentialSource,
  createLink,
  credentialOf,
  type DialOptions,
  type FaultPoints,
  type Link,
  type Log,
  noCredential,
  noFaultPoints,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { inboxPrefix } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";

/** Who a link of a test is, and what hangs on it. */
export interface LinkUse {
  /** The holder of this credential. */
  readonly as?: Minted | undefined;
  /** Where there are other proofs than credentials. */
  readonly credentials?: CredentialSource;
  readonly capabilities?: readonly Capability[];
  readonly faults?: FaultPoints;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly transport?: DialOptions["transport"];
}

/** A link as programs have it, not started yet. */
export function openLink(url: string, use: LinkUse = {}): Link {
  const {
    as,
    capabilities = [],
    faults = noFaultPoints,
    log = silentLog,
    clock = systemClock,
    transport,
  } = use;
  return createLink({
    clock,
    log,
    faults,
    capabilities,
    credentials: use.credentials ?? (as ? holderOf(as) : noCredential),
    dial: {
      servers: [url],
      name: "test",
      ...(transport && { transport }),
      ...(as && { inboxPrefix: inboxPrefix(as.id), apiRoot: as.apiRoot.reveal() }),
    },
  });
}

/** Runs with a live session and leaves nothing of its link behind. */
export async function withSession<T>(
  url: string,
  run: (session: Session) => Promise<T>,
  use?: LinkUse,
): Promise<T> {
  await using link = openLink(url, use);
  return await run(await link.start({ retryFirst: true }));
}

function holderOf({ creds }: Minted): CredentialSource {
  const credential = credentialOf(parseCredential(creds.reveal()));
  return () => credential;
}
