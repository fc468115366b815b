import { protocolVersion } from "@cotal/wire";
import type { CasRegistry, Expected, WriteOutcome } from "./cas-registry.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { LeaseStanding } from "./lease-state.ts";

type Leases = CasRegistry<LeaseRecord>;

/** A lease as its holder knows it. */
export interface HeldLease {
  readonly key: string;
  readonly revision: number;
  readonly record: LeaseRecord;
}

/** Somebody else has written it since: it has to be looked at before anything is done in its name. */
export interface LostLease {
  readonly kind: "lost";
}
export type Kept = { readonly kind: "kept"; readonly lease: HeldLease } | LostLease;

export interface Acquisition {
  readonly key: string;
  readonly holder: string;
  readonly version: string;
  /** As it was last observed. Only one that is free or stale can be had. */
  readonly seen: LeaseStanding;
}

export type Acquired =
  | { readonly kind: "acquired"; readonly lease: HeldLease }
  | { readonly kind: "held"; readonly by: LeaseRecord }
  /** Somebody was faster. */
  | LostLease;

/** Takes a lease that nobody holds, or that its holder let stand still, by the very revision that was seen. */
export async function acquireLease(leases: Leases, order: Acquisition): Promise<Acquired> {
  const { key, holder, version, seen } = order;
  const { standing } = seen;
  if (seen.kind === "held" && standing.kind === "found") return { kind: "held", by: standing.value };
  const record: LeaseRecord = {
    v: 1,
    holder,
    epoch: (standing.kind === "found" ? standing.value.epoch : standing.revision) + 1,
    since: leases.clock.now(),
    ready: false,
    version,
    protocol: protocolVersion,
  };
  const kept = keptOr(await leases.put(key, record, { expectedRevision: standing.revision }), {
    key,
    record,
  });
  return kept.kind === "kept" ? { kind: "acquired", lease: kept.lease } : kept;
}

/** Says that the holder serves now, or does no longer. */
export function readyLease(leases: Leases, lease: HeldLease, ready: boolean): Promise<Kept> {
  return write(leases, { ...lease, record: { ...lease.record, ready } });
}

/** Shows every observer that the holder is there. */
export function renewLease(leases: Leases, lease: HeldLease): Promise<Kept> {
  return write(leases, lease);
}

/** Gives the lease up, so that the next holder need not wait. */
export async function releaseLease(
  leases: Leases,
  { key, revision }: HeldLease,
): Promise<{ readonly kind: "released" } | LostLease> {
  const outcome = await leases.remove(key, follows(revision));
  return outcome.kind === "written" ? { kind: "released" } : { kind: "lost" };
}

async function write(leases: Leases, { key, record, revision }: HeldLease): Promise<Kept> {
  return keptOr(await leases.put(key, record, follows(revision)), { key, record });
}

function follows(revision: number): Expected {
  return { expectedRevision: revision };
}

function keptOr(outcome: WriteOutcome, lease: Omit<HeldLease, "revision">): Kept {
  return outcome.kind === "written"
    ? { kind: "kept", lease: { ...lease, revision: outcome.revision } }
    : { kind: "lost" };
}
