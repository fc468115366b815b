import type { Session } from "@cotal/session";
import type { OwnerId, Token } from "@cotal/subjects";
import type { CasRegistry, Expected, WriteOutcome } from "./cas-registry.ts";
import type { RegistryDefinition } from "./definition.ts";
import { createRegistryView, type RegistryView } from "./registry-view.ts";
import { createRegistryWriter, type RegistryWriter } from "./registry-writer.ts";

/** A view and a writer of the same registry, and the session they are used over. */
export interface RegistryParts<T> {
  readonly session: Session;
  readonly view: RegistryView<T>;
  readonly writer: RegistryWriter<T>;
}

/** What is written is known at once, so that the next change does not trip over it. */
export function casRegistry<T>({ session, view, writer }: RegistryParts<T>): CasRegistry<T> {
  const { definition } = view;
  const noted = (outcome: WriteOutcome, key: string, data: Uint8Array | undefined): WriteOutcome => {
    if (outcome.kind === "written") view.learn({ key, revision: outcome.revision, data });
    return outcome;
  };
  return {
    definition,
    clock: session.clock,
    get revision() {
      return view.revision;
    },
    get: (key) => view.get(key),
    entries: () => view.entries().map(({ lookup }) => lookup),
    put: async (key: string, value: T, expected: Expected) => {
      const outcome = await writer.put(session, key, value, expected);
      return noted(outcome, key, new TextEncoder().encode(JSON.stringify(value)));
    },
    remove: async (key, expected) => noted(await writer.remove(session, key, expected), key, undefined),
    moved: (revision, options) => view.moved(revision, options),
  };
}

export interface OpenOptions {
  readonly space: Token;
  /** Whose credential the session has. */
  readonly id: OwnerId;
  readonly secret?: Token;
}

/** A registry for the time of one session, caught up. There is one at a time for an id. */
export async function openRegistry<T>(
  session: Session,
  definition: RegistryDefinition<T>,
  { space, id, secret }: OpenOptions,
): Promise<CasRegistry<T>> {
  const view = createRegistryView(definition, { space, clock: session.clock });
  const writer = createRegistryWriter(definition, { space, ...(secret !== undefined && { secret }) });
  await view.attach(session, { id });
  return casRegistry({ session, view, writer });
}
