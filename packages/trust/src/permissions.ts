import { apiRoot, CotalError, quoted } from "@cotal/subjects";
import { type Profile, type ProfileRow, profileNames, profiles } from "./profile.ts";
import { checkScope, type Scope, type ScopePart } from "./scope.ts";

/** What the broker lets a user publish and subscribe to. Both lists always hold something: an empty one would mean everything. */
export interface Permissions {
  readonly pub: { readonly allow: readonly string[] };
  readonly sub: { readonly allow: readonly string[] };
}

/** The rights of a profile for one user, from its row of the table alone. */
export function permissionsFor(profile: Profile, scope: Scope): Permissions {
  if (!profileNames.includes(profile)) {
    throw new CotalError("bad-order", `${quoted(profile)} is not a profile`, {
      hint: `use one of ${profileNames.join(", ")}`,
    });
  }
  const row = profiles[profile];
  refuseOthers(profile, row, scope);
  const checked = { ...checkScope(scope), api: apiRootOf(row) };
  const allowed = row.grants.map((grant) => grant(checked));
  return {
    pub: { allow: distinct(allowed.flatMap(({ pub = [] }) => pub)) },
    sub: { allow: distinct(allowed.flatMap(({ sub = [] }) => sub)) },
  };
}

const common: ReadonlySet<string> = new Set(["space", "id", "shards"]);

function refuseOthers(profile: Profile, { takes }: ProfileRow, scope: Scope): void {
  for (const [part, value] of Object.entries(scope)) {
    if (value === undefined || common.has(part) || takes.includes(part as ScopePart)) continue;
    throw new CotalError("bad-order", `the profile ${profile} has no use for ${part}`, {
      hint: takes.length > 0 ? `it takes ${takes.join(", ")}` : "it takes nothing beside the space",
      data: { profile, part },
    });
  }
}

function distinct(subjects: readonly string[]): string[] {
  return [...new Set(subjects)];
}

function apiRootOf({ api }: ProfileRow): string {
  return api === "admin" ? apiRoot.admin("*") : apiRoot.peers;
}
