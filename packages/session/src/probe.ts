import type { CotalError, ErrorCode } from "@cotal/subjects";
import type { DialTls } from "./address.ts";
import { brokerError } from "./broker-errors.ts";
import { type Credential, dial, noCredential } from "./dial.ts";

export interface ProbeOptions {
  readonly credential?: Credential;
  readonly timeoutMs?: number;
  readonly tls?: DialTls;
}

/** What one attempt to connect has shown. */
export type Probe = { readonly kind: "ok" } | { readonly kind: ProbeFailure; readonly error: CotalError };

/**
 * - `auth-required`: it wants a credential, or another one than was given;
 * - `tls-required`, `tls-refused`: it speaks TLS and the address does not, or the other way round;
 * - `untrusted`: nobody who is trusted says that it is the broker of this address;
 * - `unreachable`: nobody has answered in time;
 * - `refused`: it has answered, and serves nobody now or is no broker.
 */
export type ProbeFailure =
  | "auth-required"
  | "tls-required"
  | "tls-refused"
  | "untrusted"
  | "unreachable"
  | "refused";

/** Connects once, to see what comes of it, and leaves nothing open. It throws for what cannot be dialled at all. */
export async function probeBroker(url: string, options: ProbeOptions = {}): Promise<Probe> {
  const { timeoutMs = 1_000, tls, credential = await noCredential() } = options;
  const dialling = { servers: [url], name: "cotal probe", dialTimeoutMs: timeoutMs, ...(tls && { tls }) };
  try {
    const connection = await dial(dialling, credential);
    await connection.close();
    return { kind: "ok" };
  } catch (failure) {
    const error = brokerError(failure);
    if (error.code === "bad-address" || error.code === "bad-tls-files") throw error;
    return { kind: kinds[error.code] ?? "refused", error };
  }
}

const kinds: Partial<Record<ErrorCode, ProbeFailure>> = {
  "auth-refused": "auth-required",
  "auth-expired": "auth-required",
  "tls-required": "tls-required",
  "tls-refused": "tls-refused",
  "certificate-untrusted": "untrusted",
  "certificate-foreign": "untrusted",
  "certificate-expired": "untrusted",
  "not-yet-valid": "untrusted",
  unreachable: "unreachable",
};
