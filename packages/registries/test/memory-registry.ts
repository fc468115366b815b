import type { Clock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { CasRegistry, Expected, WriteOutcome } from "../src/cas-registry.ts";
import { encodeRecord, type RegistryDefinition, requireKey } from "../src/definition.ts";
import { type Arrival, createStore } from "../src/registry-store.ts";

/** A bucket in memory: everything that was ever written to it, in order. */
export interface MemoryBucket {
  readonly log: Arrival[];
  append(key: string, data: Uint8Array | undefined, expected?: Expected): Promise<WriteOutcome>;
}

export function createMemoryBucket(): MemoryBucket {
  const log: Arrival[] = [];
  const revisions = new Map<string, number>();
  return {
    log,
    append: async (key, data, { expectedRevision, expectedBucket } = {}) => {
      const stands = revisions.get(key) ?? 0;
      if (expectedRevision !== undefined && expectedRevision !== stands) return { kind: "fenced" };
      if (expectedBucket !== undefined && expectedBucket !== log.length) return { kind: "fenced" };
      const revision = log.length + 1;
      log.push({ key, revision, data });
      revisions.set(key, revision);
      return { kind: "written", revision };
    },
  };
}

/** A registry over it that sees what others write only when it waits for it, as a slow reader does. */
export function memoryRegistry<T>(
  bucket: MemoryBucket,
  definition: RegistryDefinition<T>,
  clock: Clock,
): CasRegistry<T> {
  const store = createStore(definition, { uptime: () => clock.uptime(), onChange: () => undefined });
  let read = 0;
  const catchUp = (): void => {
    for (; read < bucket.log.length; read++) store.arrive(bucket.log[read] as Arrival);
  };
  const noted = (outcome: WriteOutcome, key: string, data: Uint8Array | undefined): WriteOutcome => {
    if (outcome.kind === "written") store.learn({ key, revision: outcome.revision, data });
    return outcome;
  };
  catchUp();
  return {
    definition,
    clock,
    get revision() {
      return store.revision;
    },
    get: (key) => store.get(requireKey(definition, key)) ?? { kind: "absent", key, revision: 0 },
    entries: () => store.entries().map(({ lookup }) => lookup),
    put: async (key, value, expected) => {
      const data = encodeRecord(definition, key, value);
      return noted(await bucket.append(key, data, expected), key, data);
    },
    remove: async (key, expected) =>
      noted(await bucket.append(requireKey(definition, key), undefined, expected), key, undefined),
    moved: async (revision) => {
      catchUp();
      if (store.revision === revision) throw new CotalError("unreachable", "nothing was written");
    },
  };
}
