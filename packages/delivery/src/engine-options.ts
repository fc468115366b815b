import type { IngestSecrets } from "@cotal/registries";
import { asOwnerId, asToken, CotalError, maxShards, type OwnerId, quoted, type Token } from "@cotal/subjects";
import { freshId } from "@cotal/wire";
import { defaultQuota, type Quota } from "./core/quota.ts";

export interface EngineOptions {
  readonly space: string;
  /** Whose credential the link has, and how it is called where it asks. */
  readonly self: { readonly id: string; readonly name: string };
  /** Under what the stores of the space take their writes. */
  readonly ingest: IngestSecrets;
  /** The release that runs, for whoever looks at the lease. */
  readonly version: string;
  /** The shards to serve; all of the space, unless some are named. */
  readonly shards?: readonly number[] | undefined;
  /** Waits for what another leads; without it that is refused. */
  readonly standby?: boolean | undefined;
  /** How much may wait for one owner. */
  readonly quota?: Quota | undefined;
  /** Which daemon this is; made up unless given. No two may be the same. */
  readonly holder?: string | undefined;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

/** What has happened to one shard. */
export type EngineEvent =
  | { readonly kind: "leads" | "lost"; readonly shard: number }
  /** It is tried again. */
  | { readonly kind: "failed"; readonly shard: number; readonly error: CotalError }
  /** Another leads it, and this daemon does not wait for that. */
  | { readonly kind: "refused"; readonly shard: number; readonly error: CotalError };

/** Everything the engine needs to know, checked and complete. */
export interface EngineSettings {
  readonly space: Token;
  readonly self: { readonly id: OwnerId; readonly name: Token };
  readonly ingest: IngestSecrets;
  readonly version: string;
  readonly shards: readonly number[] | "all";
  readonly standby: boolean;
  readonly quota: Quota;
  readonly holder: string;
  readonly onEvent: (event: EngineEvent) => void;
}

export function resolveEngineOptions(options: EngineOptions): EngineSettings {
  const { space, self, ingest, version, shards, standby = false, holder = freshId(), onEvent } = options;
  const { quota = defaultQuota } = options;
  for (const shard of shards ?? []) requireShard(shard, maxShards);
  if (shards?.length === 0) throw nothingToServe();
  return {
    space: asToken("space", space),
    self: { id: asOwnerId(self.id), name: asToken("name", self.name) },
    ingest,
    version,
    shards: shards === undefined ? "all" : [...new Set(shards)],
    standby,
    quota,
    holder: asToken("name", holder),
    onEvent: onEvent ?? (() => undefined),
  };
}

/** The shards to serve of a space that has so many. */
export function servedShards({ shards }: Pick<EngineSettings, "shards">, count: number): readonly number[] {
  if (shards === "all") return Array.from({ length: count }, (_, shard) => shard);
  for (const shard of shards) requireShard(shard, count);
  return shards;
}

function requireShard(shard: number, count: number): void {
  if (Number.isSafeInteger(shard) && shard >= 0 && shard < count) return;
  throw new CotalError("bad-number", `${quoted(shard)} is not a shard of ${count}`, {
    hint: `use 0 to ${count - 1}`,
    data: { shard, count },
  });
}

function nothingToServe(): CotalError {
  return new CotalError("bad-options", "an engine without shards has nothing to do", {
    hint: "leave the shards away, to serve all",
  });
}
