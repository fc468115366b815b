import type { LeaseRecord } from "./lease-record.ts";
import { type Absent, type Found, known, type Lookup } from "./lookup.ts";

/** A lease whose revision stood still this long has no holder any more. */
export const leaseStaleMs = 30_000;

/** What an observer remembers of a lease: since when, on its own clock, it has seen this revision. */
export interface LeaseSight {
  readonly revision: number;
  readonly since: number;
}

export type LeaseStanding =
  /** Nobody holds it. */
  | { readonly kind: "free"; readonly standing: Absent }
  | { readonly kind: "held" | "stale"; readonly standing: Found<LeaseRecord> };

/**
 * Looks at a lease once more. The times in the record are another clock's and mean nothing here; only
 * how long this observer has seen no change does. `uptime` never goes back.
 */
export function observeLease(
  sight: LeaseSight | undefined,
  lookup: Lookup<LeaseRecord>,
  uptime: number,
): readonly [LeaseSight, LeaseStanding] {
  const standing = known(lookup);
  const { revision } = standing;
  const next = sight?.revision === revision ? sight : { revision, since: uptime };
  if (standing.kind === "absent") return [next, { kind: "free", standing }];
  const kind = uptime - next.since >= leaseStaleMs ? "stale" : "held";
  return [next, { kind, standing }];
}
