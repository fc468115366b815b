import type { ErrorCode } from "@cotal/subjects";

/** What an exit code tells a script; 0 stands for no failure, 1 for every code that is not listed. */
const table: Readonly<Record<number, readonly ErrorCode[]>> = {
  2: [
    "usage",
    "not-confirmed",
    "bad-token",
    "bad-owner",
    "bad-channel",
    "bad-pattern",
    "bad-number",
    "bad-lifetime",
    "too-many-patterns",
    "invalid-record",
    "bad-link",
    "not-concrete",
    "reserved-name",
    "invalid-id",
    "bad-message",
    "too-large",
    "bad-manifest",
    "manifest-unreadable",
  ],
  3: [
    "mesh-absent",
    "broker-not-found",
    "message-missing",
    "stream-missing",
    "consumer-missing",
    "not-provisioned",
    "unknown-peer",
    "peer-retired",
    "unknown-space",
    "unknown-agent",
    "program-missing",
    "letter-missing",
  ],
  4: [
    "auth-expired",
    "auth-refused",
    "bad-credential",
    "no-credential",
    "certificate-untrusted",
    "certificate-foreign",
    "certificate-expired",
  ],
  5: ["not-allowed", "signer-missing"],
  6: [
    "broker-absent",
    "broker-not-ready",
    "connection-lost",
    "tls-required",
    "unavailable",
    "unreachable",
    "reconnecting",
  ],
  7: ["outcome-unknown"],
  8: [
    "mesh-busy",
    "space-taken",
    "ambiguous-space",
    "project-nested",
    "mesh-differs",
    "store-in-use",
    "port-taken",
    "fenced",
    "space-drift",
    "space-differs",
    "name-taken",
    "rights-differ",
    "consumer-exists",
    "ambiguous-peer",
    "identity-in-use",
    "agent-running",
    "agent-not-running",
    "lease-held",
  ],
  130: ["interrupted"],
};

const byCode = new Map(
  Object.entries(table).flatMap(([exitCode, codes]) => codes.map((code) => [code, Number(exitCode)])),
);

export function exitCodeOf(code: ErrorCode): number {
  return byCode.get(code) ?? 1;
}
