import { normaliseMentions, type OwnerId } from "@cotal/subjects";
import type { CasRegistry } from "./cas-registry.ts";
import { change } from "./change.ts";
import type { DirectoryRecord } from "./directory.ts";
import { undecodable } from "./lookup.ts";

type Directory = CasRegistry<DirectoryRecord>;

/** Whether a peer can be entered, and what is in the way. */
export type EntryVerdict =
  | { readonly kind: "new" | "unchanged" }
  /** Another peer that is not retired has the name. */
  | { readonly kind: "name-taken"; readonly by: OwnerId }
  /** The id is in use for somebody else, or was. */
  | { readonly kind: "differs" | "retired"; readonly record: DirectoryRecord };

export type Entered = { readonly kind: "written"; readonly revision: number } | EntryVerdict;

/**
 * Enters a peer. Two peers never have one name, also when they are entered at once: nothing in the whole
 * directory may change between the look and the write.
 */
export function enterDirectory(directory: Directory, record: DirectoryRecord): Promise<Entered> {
  return change<DirectoryRecord, Entered>(
    directory,
    record.id,
    () => {
      const verdict = judgeEntry(directory, record);
      if (verdict.kind !== "new") return { kind: "leave", answer: verdict };
      return { kind: "put", value: record, answer: (revision) => ({ kind: "written", revision }) };
    },
    { wholeBucket: true },
  );
}

/** What entering the peer would come to now. */
export function judgeEntry(directory: Directory, record: DirectoryRecord): EntryVerdict {
  const records = directory.entries().map((entry) => {
    if (entry.kind === "undecodable") throw undecodable(entry);
    return entry.value;
  });
  const own = records.find(({ id }) => id === record.id);
  if (own?.retired) return { kind: "retired", record: own };
  if (own && !isSame(own, record)) return { kind: "differs", record: own };
  const holder = records.find(
    ({ id, name, retired }) => id !== record.id && !retired && compared(name) === compared(record.name),
  );
  if (holder) return { kind: "name-taken", by: holder.id };
  return { kind: own ? "unchanged" : "new" };
}

/** Takes a peer's name from it, for good. The record stays, so that its id is not used again. */
export function retireEntry(directory: Directory, id: OwnerId): Promise<"retired" | "unchanged" | "absent"> {
  return change<DirectoryRecord, "retired" | "unchanged" | "absent">(directory, id, (standing) => {
    if (standing.kind === "absent") return { kind: "leave", answer: "absent" };
    const { value } = standing;
    if (value.retired) return { kind: "leave", answer: "unchanged" };
    return { kind: "put", value: { ...value, retired: true }, answer: () => "retired" };
  });
}

function isSame(one: DirectoryRecord, other: DirectoryRecord): boolean {
  return one.name === other.name && one.kind === other.kind && one.role === other.role;
}

/** As names are compared where a peer is looked up. */
function compared(name: string): string {
  return normaliseMentions([name])[0] ?? "";
}
