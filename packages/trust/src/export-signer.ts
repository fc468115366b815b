import { registryNames } from "@cotal/subjects";
import { apiResource } from "./api-doors.ts";
import { ingestOfDead, ingestOfRegistry, ingestOfShard, ingestSecret } from "./ingest.ts";
import type { SpaceRole } from "./profile.ts";
import { secret } from "./secret.ts";
import type { SpaceTrust } from "./space-trust.ts";
import { heldKey, type Trust } from "./trust.ts";

/** What a host is for. */
export type HostKind = "agents" | "delivery" | "manager";

interface HostNeeds {
  readonly keys: readonly SpaceRole[];
  /** Whether it may change accounts and cut connections. */
  readonly revokes: boolean;
  readonly writes: (space: SpaceTrust) => readonly string[];
}

const needs: Readonly<Record<HostKind, HostNeeds>> = {
  agents: { keys: ["agents"], revokes: false, writes: () => [] },
  delivery: {
    keys: ["delivery"],
    revokes: false,
    writes: (space) => [
      apiResource,
      ...(["members", "acl", "lease"] as const).map((registry) => ingestOfRegistry(space, registry)),
      ...Array.from({ length: space.shards }, (_, shard) => ingestOfShard(space, shard)),
      ingestOfDead(space),
    ],
  },
  manager: {
    keys: ["agents", "tools"],
    revokes: true,
    writes: (space) => [
      apiResource,
      ...registryNames.filter((name) => name !== "presence").map((name) => ingestOfRegistry(space, name)),
    ],
  },
};

export interface HostTrust {
  readonly trust: Trust;
  readonly space: SpaceTrust;
}

/** What a host needs of the keys, and nothing else; it is stored there like the whole. */
export function exportSigner({ trust, space }: HostTrust, kind: HostKind): HostTrust {
  const { keys, revokes, writes } = needs[kind];
  const { operator, system } = trust;
  const signing = heldKey(operator.signing, "operator's signing key");
  const revoker = heldKey(system.keys.revoker, "signing key of the revoker");
  return {
    trust: {
      operator: { jwt: operator.jwt, ...(revokes && { signing }) },
      system: { ...system, keys: revokes ? { revoker } : {} },
    },
    space: {
      ...space,
      keys: Object.fromEntries(
        keys.map((role) => [role, heldKey(space.keys[role], `signing key of the ${role}`)]),
      ),
      ingest: {
        secrets: Object.fromEntries(
          writes(space).map((resource) => [resource, secret(ingestSecret(space, resource))]),
        ),
      },
    },
  };
}
