import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import type { Transport } from "@nats-io/transport-node";
import { type DialTls, tlsFor } from "./address.ts";
import { dialError } from "./broker-errors.ts";
import { connect } from "./connect.ts";

/** Proof of who dials. */
export interface Credential {
  /** Tells two credentials apart without being secret: after a refusal only one with another mark is worth a try. */
  readonly mark: string;
  readonly options: Pick<ConnectionOptions, "authenticator" | "token" | "user" | "pass">;
  /** Under what its holder asks the API of the streams; the broker's own place unless given. */
  readonly apiRoot?: string;
  /** In ms since 1970; absent when it never ends. */
  readonly expiresAt?: number | undefined;
}

/** Read anew for each dial, so that a renewed credential is found without a restart. */
export type CredentialSource = () => Credential | Promise<Credential>;

export const noCredential: CredentialSource = () => ({ mark: "none", options: {} });

export interface DialOptions {
  /** `nats://host:port` in the clear, or `tls://host:port`, with TLS or not at all. */
  readonly servers: readonly string[];
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** Below it the client takes its replies; it is granted to one peer alone. */
  readonly inboxPrefix?: string;
  /** Under what the API of the streams is asked, in place of what the credential says. */
  readonly apiRoot?: string;
  /** With it, TLS is required of every server. */
  readonly tls?: DialTls;
  readonly dialTimeoutMs?: number;
  readonly pingIntervalMs?: number;
  /** Carries the bytes in place of a socket; one kind at a time in a process. */
  readonly transport?: () => Transport;
}

const dialTimeoutMs = 5_000;
const pingIntervalMs = 20_000;

/**
 * Opens one connection that never reconnects by itself: whatever it carried is over with it, and
 * the link dials a new one. A client that resumes by itself drops what is published meanwhile and
 * leaves consumers behind that do not notice.
 */
export async function dial(options: DialOptions, credential: Credential): Promise<NatsConnection> {
  try {
    const settings = {
      ...credential.options,
      ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
      tls: await tlsFor(options.servers, options.tls),
      servers: [...options.servers],
      name: options.name,
      reconnect: false,
      timeout: options.dialTimeoutMs ?? dialTimeoutMs,
      pingInterval: options.pingIntervalMs ?? pingIntervalMs,
      maxPingOut: 2,
      noAsyncTraces: true,
    };
    return await connect(settings, options.transport);
  } catch (error) {
    throw dialError(error);
  }
}
