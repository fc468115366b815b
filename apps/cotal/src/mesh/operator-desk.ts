import { type CasRegistry, openRegistry, type RegistryDefinition } from "@cotal/registries";
import { ingestOfRegistry, ingestSecret } from "@cotal/trust";
import { type CallGround, withCallSession } from "./call-session.ts";
import type { RunningMesh } from "./running-mesh.ts";

/** The registries of the space, for the time of one command. */
export interface OperatorDesk extends CallGround {
  /** Caught up. Each registry is opened once: a second watch of the same user would take over the first. */
  open<T>(definition: RegistryDefinition<T>): Promise<CasRegistry<T>>;
}

/** Runs `work` with what the operator of the mesh may read and set. */
export function withOperatorDesk<T>(
  mesh: RunningMesh,
  signal: AbortSignal,
  work: (desk: OperatorDesk) => Promise<T>,
): Promise<T> {
  const { dial, space: trust } = mesh;
  const { space } = trust;
  return withCallSession(mesh, { dial, signal, profile: "operator" }, (on) =>
    work({
      ...on,
      open: (definition) => {
        const secret = ingestSecret(trust, ingestOfRegistry(trust, definition.registry));
        return openRegistry(on.session, definition, { space, id: on.id, secret });
      },
    }),
  );
}

export interface Readable<T> {
  readonly values: readonly T[];
  /** So many records say nothing to this program; a newer one may have written them. */
  readonly unreadable: number;
}

/** What stands in a registry. */
export function readable<T>(registry: Pick<CasRegistry<T>, "entries">): Readable<T> {
  const entries = registry.entries();
  const values = entries.flatMap((entry) => (entry.kind === "found" ? [entry.value] : []));
  return { values, unreadable: entries.length - values.length };
}
