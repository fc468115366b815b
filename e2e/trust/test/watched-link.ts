import {
  type Credential,
  createLink,
  credentialOf,
  type Link,
  type LinkOptions,
  type LinkState,
  noFaultPoints,
  silentLog,
  systemClock,
} from "@cotal/session";
import type { Minted } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";

export interface WatchedLink {
  readonly link: Link;
  readonly states: LinkState[];
  /** The same by their names. */
  readonly kinds: readonly LinkState["kind"][];
  readonly faults: [label: string, error: unknown][];
}

/** A link of one user as a program would make one, with its states and faults written down. */
export function newLink(
  url: string,
  { id }: Pick<Minted, "id">,
  options: Pick<LinkOptions, "credentials"> & Partial<LinkOptions>,
): WatchedLink {
  const states: LinkState[] = [];
  const faults: [string, unknown][] = [];
  const link = createLink({
    dial: { servers: [url], name: "alice", inboxPrefix: `_INBOX_${id}` },
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    capabilities: [],
    onState: (state) => states.push(state),
    onFault: (label, error) => faults.push([label, error]),
    ...options,
  });
  return {
    link,
    states,
    faults,
    get kinds() {
      return states.map(({ kind }) => kind);
    },
  };
}

export function credentialIn({ creds }: Pick<Minted, "creds">): Credential {
  return credentialOf(parseCredential(creds.reveal()));
}

/** Why a link has stopped. */
export function reasonOf({ link }: WatchedLink): unknown {
  return link.state.kind === "stopped" ? link.state.failure?.error : undefined;
}
