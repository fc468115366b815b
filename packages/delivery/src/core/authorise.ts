import { type AclRecord, isDue, type Lookup, type MemberRecord } from "@cotal/registries";
import { type Channel, compileAllow } from "@cotal/subjects";
import type { Due } from "./route.ts";

/** What is known of an owner's right to read. */
export type AclKnowledge =
  /** No record, or none that can be read: that is not the same as no right. */
  | { readonly kind: "unknown" }
  | { readonly kind: "known"; readonly epoch: number; covers(channel: Channel): boolean };

export type Authority =
  | { readonly kind: "deliver" }
  | { readonly kind: "drop"; readonly reason: DropReason }
  /** It is kept until the rights are known. */
  | { readonly kind: "defer" };

export const dropReasons = ["not-allowed", "no-membership", "other-generation", "outside-interval"] as const;
export type DropReason = (typeof dropReasons)[number];

/** The place of a post. */
export interface Place {
  readonly seq: number;
  readonly channel: Channel;
}

/** Whether an owner may have a post that is due to it. `membership` is what stands for owner and channel now. */
export function authorise(
  { reason, generation }: Due,
  { seq, channel }: Place,
  { acl, membership }: { readonly acl: AclKnowledge; readonly membership: MemberRecord | undefined },
): Authority {
  if (acl.kind === "unknown") return { kind: "defer" };
  if (!acl.covers(channel)) return { kind: "drop", reason: "not-allowed" };
  if (reason === "mention") return { kind: "deliver" };
  if (membership === undefined) return { kind: "drop", reason: "no-membership" };
  if (membership.generation !== generation) return { kind: "drop", reason: "other-generation" };
  return isDue(membership, seq) ? { kind: "deliver" } : { kind: "drop", reason: "outside-interval" };
}

/** The right to read that a look-up of the registry tells. */
export function aclKnowledge(lookup: Lookup<AclRecord>): AclKnowledge {
  if (lookup.kind !== "found") return { kind: "unknown" };
  const { epoch, allowSubscribe, retired } = lookup.value;
  return { kind: "known", epoch, covers: compileAllow(retired ? [] : allowSubscribe) };
}
