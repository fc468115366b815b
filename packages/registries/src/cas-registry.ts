import type { Clock } from "@cotal/session";
import type { RegistryDefinition } from "./definition.ts";
import type { Found, Lookup, Undecodable } from "./lookup.ts";

export interface Expected {
  /** The revision of the key that the write follows; 0 where nothing may stand. Without it the write is unconditional. */
  readonly expectedRevision?: number;
  /** Also nothing else in the registry may have changed since this revision. */
  readonly expectedBucket?: number;
}

/** A write that was answered. One without an answer is neither, and is thrown as `outcome-unknown`. */
export type WriteOutcome =
  | { readonly kind: "written"; readonly revision: number }
  | { readonly kind: "fenced" };

export interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** One registry as those see it who decide by it: reading with revisions, writing by compare-and-set. */
export interface CasRegistry<T> {
  readonly definition: RegistryDefinition<T>;
  readonly clock: Clock;
  /** The latest revision of the whole registry that was seen. */
  readonly revision: number;
  get(key: string): Lookup<T>;
  /** All keys that hold something. Throws where `get` would answer denied or unreachable. */
  entries(): readonly (Found<T> | Undecodable)[];
  put(key: string, value: T, expected: Expected): Promise<WriteOutcome>;
  /** Leaves a marker, whose revision a later record follows. */
  remove(key: string, expected: Expected): Promise<WriteOutcome>;
  /** Resolves once the registry has moved on from `revision`; rejects with `unreachable` when that takes too long. */
  moved(revision: number, options?: WaitOptions): Promise<void>;
}
