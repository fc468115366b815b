import { isDeepStrictEqual } from "node:util";
import type { RegistryDefinition } from "./definition.ts";
import { decodeRecord } from "./definition.ts";
import type { Absent, Found, Lookup, Undecodable } from "./lookup.ts";

/** A key at which something stands. */
export interface ViewEntry<T> {
  readonly lookup: Found<T> | Undecodable;
  /** When it came, by the `uptime` of the clock. */
  readonly seenAt: number;
}

/** A key as it is held: also the marker of a removal is kept, for its revision. */
interface StoredEntry<T> {
  readonly lookup: ViewEntry<T>["lookup"] | Absent;
  readonly seenAt: number;
}

/** What the broker handed out for a key: a record, or the mark of its removal. */
export interface Arrival {
  readonly key: string;
  readonly revision: number;
  /** `undefined`: it was removed. */
  readonly data: Uint8Array | undefined;
}

export interface StoreOptions<T> {
  readonly uptime: () => number;
  readonly onChange: (key: string, lookup: Lookup<T>) => void;
}

/**
 * The records of a registry by key. A load replaces them as a whole when it is complete, so nobody
 * sees half of it; otherwise a later revision replaces an earlier one, never the other way round.
 */
export interface RegistryStore<T> {
  /** The latest revision that was handed out. */
  readonly revision: number;
  get(key: string): StoredEntry<T>["lookup"] | undefined;
  entries(): readonly ViewEntry<T>[];
  /** Holds back what arrives until `endLoad`; what had been held back before is forgotten. */
  beginLoad(): void;
  /** Puts what was loaded in place of all that was held. The answer tells the changes. */
  endLoad(): () => void;
  arrive(arrival: Arrival): void;
  /** What the reader itself has just written; it does not count as handed out. */
  learn(arrival: Arrival): void;
  sweep(): void;
}

export function createStore<T>(
  definition: RegistryDefinition<T>,
  { uptime, onChange }: StoreOptions<T>,
): RegistryStore<T> {
  const { ttlMs = Number.POSITIVE_INFINITY } = definition;
  let held = new Map<string, StoredEntry<T>>();
  let load: { readonly entries: Map<string, StoredEntry<T>>; revision: number } | undefined;
  let revision = 0;

  const isFresh = ({ seenAt }: StoredEntry<T>): boolean => uptime() - seenAt < ttlMs;

  const tell = (before: StoredEntry<T> | undefined, lookup: StoredEntry<T>["lookup"]): void => {
    if (lookup.kind !== "absent" || (before && isPresent(before))) onChange(lookup.key, lookup);
  };
  const read = (arrival: Arrival, before: StoredEntry<T> | undefined): StoredEntry<T> => {
    const lookup = toLookup(definition, arrival);
    return before && outlasts(before, lookup, definition) ? before : { lookup, seenAt: uptime() };
  };
  const take = (arrival: Arrival): void => {
    const before = held.get(arrival.key);
    if (before && arrival.revision <= before.lookup.revision) return;
    const entry = read(arrival, before);
    if (entry === before) return;
    held.set(arrival.key, entry);
    tell(before, entry.lookup);
  };

  return {
    get revision() {
      return revision;
    },
    get: (key) => {
      const entry = held.get(key);
      return entry && isFresh(entry) ? entry.lookup : undefined;
    },
    entries: () => [...held.values()].filter((entry) => isPresent(entry) && isFresh(entry)) as ViewEntry<T>[],
    beginLoad: () => {
      load = { entries: new Map(), revision: 0 };
    },
    endLoad: () => {
      if (!load) return () => undefined;
      const before = held;
      ({ revision } = load);
      held = merged(before, load.entries);
      load = undefined;
      const changes = differences(before, held);
      return () => {
        for (const change of changes) tell(...change);
      };
    },
    arrive: (arrival) => {
      if (!load) {
        revision = arrival.revision;
        take(arrival);
        return;
      }
      load.revision = arrival.revision;
      load.entries.set(arrival.key, read(arrival, load.entries.get(arrival.key) ?? held.get(arrival.key)));
    },
    learn: (arrival) => {
      if (!load) take(arrival);
    },
    sweep: () => {
      for (const [key, entry] of [...held].filter(([, one]) => !isFresh(one))) {
        held.delete(key);
        tell(entry, { kind: "absent", key, revision: 0 });
      }
    },
  };
}

function toLookup<T>(
  definition: RegistryDefinition<T>,
  { key, revision, data }: Arrival,
): StoredEntry<T>["lookup"] {
  if (data === undefined) return { kind: "absent", key, revision };
  const decoded = decodeRecord(definition, key, data);
  return decoded.kind === "record"
    ? { kind: "found", key, revision, value: decoded.value }
    : { kind: "undecodable", key, revision, reason: decoded.reason };
}

type Entries<T> = ReadonlyMap<string, StoredEntry<T>>;
type Difference<T> = readonly [StoredEntry<T> | undefined, StoredEntry<T>["lookup"]];

/** First what is gone, then what is new or another, in the order of the load. */
function differences<T>(before: Entries<T>, after: Entries<T>): readonly Difference<T>[] {
  const gone = [...before].filter(([key]) => !after.has(key));
  const other = [...after].filter(([key, entry]) => before.get(key) !== entry);
  return [
    ...gone.map(([key, entry]): Difference<T> => [entry, { kind: "absent", key, revision: 0 }]),
    ...other.map(([key, { lookup }]): Difference<T> => [before.get(key), lookup]),
  ];
}

function isPresent({ lookup }: StoredEntry<unknown>): boolean {
  return lookup.kind !== "absent";
}

/** What is as before keeps its age. A bucket that was made anew counts from 1 again, so a revision alone says nothing. */
function merged<T>(before: Entries<T>, loaded: Entries<T>): Map<string, StoredEntry<T>> {
  const sameOr = (key: string, entry: StoredEntry<T>): StoredEntry<T> => {
    const old = before.get(key);
    return old && isDeepStrictEqual(old.lookup, entry.lookup) ? old : entry;
  };
  return new Map([...loaded].map(([key, entry]) => [key, sameOr(key, entry)]));
}

/** Whether a record stays known though something unreadable came after it. */
function outlasts<T>(
  before: StoredEntry<T>,
  { kind }: StoredEntry<T>["lookup"],
  { keepsLast = false }: RegistryDefinition<T>,
): boolean {
  return keepsLast && kind === "undecodable" && before.lookup.kind === "found";
}
