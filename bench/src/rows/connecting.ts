import type { SpaceBroker, TestBroker } from "@cotal/harness";
import {
  type CredentialSource,
  createLink,
  credentialOf,
  noCredential,
  noFaultPoints,
  silentLog,
  systemClock,
} from "@cotal/session";
import { connectAuthenticator, parseCredential } from "@cotal/wire";
import { connect } from "@nats-io/transport-node";
import type { Comparison } from "../row.ts";
import { medianMs, type Undo } from "./timed-each.ts";

export interface ConnectingOptions {
  /** In operator mode. */
  readonly guarded: SpaceBroker;
  /** Takes everybody. */
  readonly open: TestBroker;
  readonly connects: number;
}

/**
 * What a credential adds to a link, in the gate; and, to tell whose time that is, the bare client: with the same
 * credential against none, and what our link needs beyond it.
 */
export function connecting({ guarded, open, connects }: ConnectingOptions): Comparison[] {
  const user = parseCredential(guarded.mint({ allowSubscribe: ["team.>"] }).creds.reveal());
  const { url } = guarded.broker;
  const authenticator = connectAuthenticator(user);
  const turns = Array.from({ length: connects });
  const sides = {
    ourLink: () => medianMs(turns, () => startLink(url, () => credentialOf(user))),
    openLink: () => medianMs(turns, () => startLink(open.url, noCredential)),
    client: () => medianMs(turns, () => startClient({ servers: url, authenticator })),
    openClient: () => medianMs(turns, () => startClient({ servers: open.url })),
  };
  const compared = { unit: "ms", better: "lower" } as const;
  return [
    {
      ...compared,
      title: "authenticated connect",
      rawTitle: "connect without authentication",
      gate: 2,
      aim: "1.4",
      ours: sides.ourLink,
      raw: sides.openLink,
    },
    {
      ...compared,
      title: "the bare client, authenticated",
      rawTitle: "the bare client, not",
      ours: sides.client,
      raw: sides.openClient,
    },
    {
      ...compared,
      title: "authenticated connect",
      rawTitle: "the bare client, authenticated",
      ours: sides.ourLink,
      raw: sides.client,
    },
  ];
}

async function startLink(url: string, credentials: CredentialSource): Promise<Undo> {
  const link = createLink({
    dial: { servers: [url], name: "bench" },
    credentials,
    capabilities: [],
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
  });
  await link.start();
  return () => link.stop();
}

async function startClient(options: Parameters<typeof connect>[0]): Promise<Undo> {
  const connection = await connect({ ...options, name: "bench", reconnect: false });
  return () => connection.close();
}
