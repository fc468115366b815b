import { CotalError, type OwnerId, patternCovers } from "@cotal/subjects";
import { type AclRecord, maxAclPatterns, type Rights } from "./acl.ts";
import type { CasRegistry } from "./cas-registry.ts";
import { change, type Decision } from "./change.ts";
import type { Absent, Found } from "./lookup.ts";

type Acl = CasRegistry<AclRecord>;

/** The record that holds now. */
export interface Settled {
  readonly kind: "written" | "unchanged";
  readonly revision: number;
  readonly record: AclRecord;
}

export type Provisioned = Settled | { readonly kind: "differs" | "retired"; readonly record: AclRecord };
export type Narrowed = Settled | { readonly kind: "wider" | "retired"; readonly record: AclRecord } | Unknown;
export type Widened =
  | Settled
  | { readonly kind: "narrower" | "retired"; readonly record: AclRecord }
  | Unknown;
export type Retired = Settled | Unknown;

/** There is no record, so what it would be changed from is unknown. */
export interface Unknown {
  readonly kind: "absent";
}

export interface ProvisionOptions {
  /** Nobody holds a credential of this owner, so rights that stand there bind nobody and are replaced. */
  readonly unclaimed?: boolean;
}

/** Gives a new owner its rights. An owner that has some keeps them, whether or not they are the same. */
export async function provisionAcl(
  acl: Acl,
  owner: OwnerId,
  rights: Rights,
  { unclaimed = false }: ProvisionOptions = {},
): Promise<Provisioned> {
  checkCount(rights);
  return await change<AclRecord, Provisioned>(acl, owner, (standing) => {
    if (standing.kind === "absent") return write(acl, standing, rights);
    const { value: record } = standing;
    if (record.retired) return { kind: "leave", answer: { kind: "retired", record } };
    if (isSame(record, rights)) return stay(standing);
    return unclaimed ? write(acl, standing, rights) : { kind: "leave", answer: { kind: "differs", record } };
  });
}

/** Takes rights away. Whatever the new ones allow, the old ones have to. */
export async function narrowAcl(acl: Acl, owner: OwnerId, rights: Rights): Promise<Narrowed> {
  checkCount(rights);
  return await change<AclRecord, Narrowed>(acl, owner, (standing) => {
    if (standing.kind === "absent") return { kind: "leave", answer: { kind: "absent" } };
    const { value: record } = standing;
    if (record.retired) return { kind: "leave", answer: { kind: "retired", record } };
    if (isSame(record, rights)) return stay(standing);
    if (!covers(record, rights)) return { kind: "leave", answer: { kind: "wider", record } };
    return write(acl, standing, rights);
  });
}

/** Gives further rights. Whatever the old ones allow, the new ones have to: what is taken away has to be settled. */
export async function widenAcl(acl: Acl, owner: OwnerId, rights: Rights): Promise<Widened> {
  checkCount(rights);
  return await change<AclRecord, Widened>(acl, owner, (standing) => {
    if (standing.kind === "absent") return { kind: "leave", answer: { kind: "absent" } };
    const { value: record } = standing;
    if (record.retired) return { kind: "leave", answer: { kind: "retired", record } };
    if (isSame(record, rights)) return stay(standing);
    if (!covers(rights, record)) return { kind: "leave", answer: { kind: "narrower", record } };
    return write(acl, standing, rights);
  });
}

/** Takes all rights away, for good. */
export function retireAcl(acl: Acl, owner: OwnerId): Promise<Retired> {
  return change<AclRecord, Retired>(acl, owner, (standing) => {
    if (standing.kind === "absent") return { kind: "leave", answer: { kind: "absent" } };
    if (standing.value.retired) return stay(standing);
    return write(acl, standing, { allowSubscribe: [], allowPublish: [], retired: true });
  });
}

/**
 * The whole record anew, one epoch later. Where none stands the epoch is above every earlier one of a
 * removed record: no epoch is above the revision it was written under.
 */
function write(
  acl: Acl,
  standing: Found<AclRecord> | Absent,
  rights: Rights & Pick<AclRecord, "retired">,
): Decision<AclRecord, Settled> {
  const epoch = standing.kind === "found" ? standing.value.epoch + 1 : standing.revision + 1;
  const { allowSubscribe, allowPublish, retired } = rights;
  const record: AclRecord = {
    v: 1,
    allowSubscribe,
    allowPublish,
    epoch,
    ...(retired && { retired }),
    updatedAt: acl.clock.now(),
  };
  return { kind: "put", value: record, answer: (revision) => ({ kind: "written", revision, record }) };
}

function stay({ value: record, revision }: Found<AclRecord>): Decision<AclRecord, Settled> {
  return { kind: "leave", answer: { kind: "unchanged", revision, record } };
}

function isSame(one: Rights, other: Rights): boolean {
  const [a, b] = [one, other].map(({ allowSubscribe, allowPublish }) =>
    JSON.stringify([[...allowSubscribe].sort(), [...allowPublish].sort()]),
  );
  return a === b;
}

function covers(wide: Rights, narrow: Rights): boolean {
  return (["allowSubscribe", "allowPublish"] as const).every((side) =>
    narrow[side].every((pattern) => wide[side].some((wider) => patternCovers(wider, pattern))),
  );
}

function checkCount({ allowSubscribe, allowPublish }: Rights): void {
  const patterns = allowSubscribe.length + allowPublish.length;
  if (patterns <= maxAclPatterns) return;
  throw new CotalError("too-many-patterns", `${patterns} patterns are too many for one peer`, {
    hint: `use at most ${maxAclPatterns}; one pattern such as "team.>" stands for many channels`,
    data: { patterns, limit: maxAclPatterns },
  });
}
