import type { ReplayGuard } from "./replay-guard.ts";
import type { SignatureVerifier } from "./signature-verifier.ts";

/** What a receiver asks of everything that arrives. */
export interface Policy {
  /** The largest body that is read. */
  readonly maxBytes: number;
  /** Whoever holds a credential checks signatures; no record and no header lowers that. */
  readonly signatures: SignatureVerifier | "none";
  /** On live paths: what was taken already. A queue that redelivers goes without. */
  readonly guard?: ReplayGuard | undefined;
}
