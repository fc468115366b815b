import { type Channel, type OwnerId, registryKey } from "@cotal/subjects";
import type { CasRegistry } from "./cas-registry.ts";
import { change } from "./change.ts";
import type { Absent, Found } from "./lookup.ts";
import type { MemberRecord } from "./members.ts";

type Members = CasRegistry<MemberRecord>;

/** The tie of an owner to a channel. */
export interface MemberPlace {
  readonly owner: OwnerId;
  readonly channel: Channel;
}

export type Commit =
  | { readonly kind: "committed"; readonly revision: number }
  /** A later join stands there, or the end of this very one. */
  | { readonly kind: "stale-membership"; readonly stored: MemberRecord; readonly given: MemberRecord };

/** Stores a membership unless that would bring back an earlier one. */
export function commitMember(members: Members, given: MemberRecord): Promise<Commit> {
  return change<MemberRecord, Commit>(members, registryKey.member(given.owner, given.channel), (standing) => {
    const stored = standing.kind === "found" ? standing.value : undefined;
    if (stored && isLater(stored, given)) {
      return { kind: "leave", answer: { kind: "stale-membership", stored, given } };
    }
    return { kind: "put", value: given, answer: (revision) => ({ kind: "committed", revision }) };
  });
}

function isLater(stored: MemberRecord, given: MemberRecord): boolean {
  if (stored.generation !== given.generation) return stored.generation > given.generation;
  return stored.state === "left" && given.state !== "left";
}

/**
 * The generation of the next join. It is above every earlier one, also when their record was removed:
 * no generation is above the revision it was written under.
 */
export function nextGeneration(standing: Found<MemberRecord> | Absent): number {
  return standing.kind === "found" ? standing.value.generation + 1 : standing.revision + 1;
}

export interface Tombstone extends MemberPlace {
  readonly expectedGeneration: number;
  readonly leaveCursor: number;
  readonly cursorStoredAt?: number | undefined;
  readonly writer: MemberRecord["writer"];
}

export type Tombstoned =
  | { readonly kind: "tombstoned"; readonly revision: number; readonly record: MemberRecord }
  /** It had ended before, and stays as it was. */
  | { readonly kind: "repeated"; readonly revision: number; readonly record: MemberRecord }
  | { readonly kind: "other-generation"; readonly stored: MemberRecord }
  | { readonly kind: "absent" };

/** Ends one join. A newer one is left alone. */
export function tombstoneMember(members: Members, order: Tombstone): Promise<Tombstoned> {
  const { owner, channel, expectedGeneration, leaveCursor, cursorStoredAt, writer } = order;
  return change<MemberRecord, Tombstoned>(members, registryKey.member(owner, channel), (standing) => {
    if (standing.kind === "absent") return { kind: "leave", answer: { kind: "absent" } };
    const { value: stored, revision } = standing;
    if (stored.generation !== expectedGeneration) {
      return { kind: "leave", answer: { kind: "other-generation", stored } };
    }
    if (stored.state === "left") {
      return { kind: "leave", answer: { kind: "repeated", revision, record: stored } };
    }
    const updatedAt = members.clock.now();
    const record = { ...stored, state: "left", leaveCursor, cursorStoredAt, writer, updatedAt } as const;
    return {
      kind: "put",
      value: record,
      answer: (written) => ({ kind: "tombstoned", revision: written, record }),
    };
  });
}

export interface Activation extends MemberPlace {
  readonly generation: number;
  readonly joinCursor: number;
}

export type Activated =
  | { readonly kind: "activated"; readonly revision: number }
  | { readonly kind: "superseded"; readonly stored: MemberRecord | undefined };

/** Marks the one open join that was asked about as active; repeated, it is so already. */
export function activateMember(members: Members, asked: Activation): Promise<Activated> {
  return change<MemberRecord, Activated>(
    members,
    registryKey.member(asked.owner, asked.channel),
    (standing) => {
      const stored = standing.kind === "found" ? standing.value : undefined;
      if (!stored || !isThatJoin(stored, asked)) {
        return { kind: "leave", answer: { kind: "superseded", stored } };
      }
      if (stored.activated) {
        return { kind: "leave", answer: { kind: "activated", revision: standing.revision } };
      }
      return {
        kind: "put",
        value: { ...stored, activated: true, updatedAt: members.clock.now() },
        answer: (revision) => ({ kind: "activated", revision }),
      };
    },
  );
}

function isThatJoin(stored: MemberRecord, { generation, joinCursor }: Activation): boolean {
  return stored.generation === generation && stored.joinCursor === joinCursor && stored.state !== "left";
}

/**
 * Removes a membership that has ended before `firstSeq`, the first post that is still stored. Whatever
 * it could still be due is gone by then.
 */
export function forgetMember(
  members: Members,
  { owner, channel, firstSeq }: MemberPlace & { readonly firstSeq: number },
): Promise<"forgotten" | "kept"> {
  return change<MemberRecord, "forgotten" | "kept">(
    members,
    registryKey.member(owner, channel),
    (standing) => {
      if (standing.kind === "absent") return { kind: "leave", answer: "forgotten" };
      const { leaveCursor = Number.POSITIVE_INFINITY } = standing.value;
      return leaveCursor < firstSeq
        ? { kind: "remove", answer: () => "forgotten" }
        : { kind: "leave", answer: "kept" };
    },
  );
}
