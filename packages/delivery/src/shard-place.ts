import {
  asChannelPattern,
  type ChannelPattern,
  formatPattern,
  type OwnerId,
  partition,
  type StoredSubject,
  streamName,
} from "@cotal/subjects";
import type { Ingest } from "./core/copy.ts";

/** One shard of a space: where it is stored, how it is written, and who belongs to it. */
export interface ShardPlace extends Ingest {
  /** How many shards the space has. */
  readonly shards: number;
}

/** Any channel, as a pattern. */
export const anyChannel: ChannelPattern = asChannelPattern(">");

export function shardStream({ space, shard }: ShardPlace): string {
  return streamName.delivery(space, shard);
}

/** Everything that is stored for an owner to be handed out. */
export function copiesFilter({ space }: ShardPlace, owner: OwnerId | "*"): string {
  return formatPattern({ kind: "dlv", space, owner, channel: anyChannel });
}

export function checkpointSubject({ space, shard }: ShardPlace): StoredSubject {
  return { kind: "ckpt", space, shard };
}

export function isLocal({ shards, shard }: ShardPlace, owner: OwnerId): boolean {
  return partition(shards, owner) === shard;
}
