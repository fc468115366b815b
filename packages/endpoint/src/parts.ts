import type { SpaceRecord } from "@cotal/registries";
import type { Session } from "@cotal/session";
import type { Channel, ChannelPattern, OwnerId, Token } from "@cotal/subjects";
import type { Accepted, DirectoryEntry, EffectiveChannelConfig } from "@cotal/wire";

/** What the registries of the space say, as far as this endpoint may read them. It outlives connections. */
export interface SpaceViews {
  /** Resolves once it is known over this session what the space is. What comes of it is told by the views themselves. */
  known(session: Session): Promise<void>;
  /** What the space is; throws a coded error while that is unknown. */
  space(): SpaceRecord;
  /** What holds for a channel; of a pattern, the defaults of the space. Throws while that is unknown. */
  channelConfig(channel: Channel | ChannelPattern): EffectiveChannelConfig;
  /** Who exists; `null` where there is no directory. Throws while that is unknown. */
  directory(): readonly DirectoryEntry[] | null;
  /** As far as is known; of whom nothing is known it is not so. */
  isRetired(id: OwnerId): boolean;
  /** Calls back when the configuration of a channel, or the defaults, may have changed; the answer stops that. */
  onChannels(listener: () => void): () => void;
}

export interface RequestOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Repeating a request under its id gets the first answer. */
  readonly id?: string | undefined;
}

/** Asks services of the space. */
export interface Asking {
  /** The data of the answer. A refusal rejects with the service's code; see `call` for the other failures. */
  request(service: Token, op: string, args?: unknown, options?: RequestOptions): Promise<unknown>;
}

/** Reads back from the channel stream. A denial rejects with `not-allowed`. */
export interface PastReader {
  /** The last sequence of the channel stream now, of whatever channel. */
  frontier(session: Session, channel: ChannelPattern): Promise<number>;
  read(session: Session, range: PastRange): Promise<Past>;
}

export interface PastRange {
  /** Under which consumer; reads of one name wait for each other. */
  readonly name: "history" | "backfill";
  readonly channel: ChannelPattern;
  /** Exclusive; from the first that is kept when absent. */
  readonly after?: number | undefined;
  /** Inclusive; the frontier when absent. Infinite: all that is there when the reading begins. */
  readonly upTo?: number | Promise<number> | undefined;
  /** Not older than this, in broker time. */
  readonly since?: number | undefined;
  /** Which ones, when there are more than the limits allow. */
  readonly keep: "oldest" | "newest";
  readonly limit: number;
  /** Whether own posts are read too. */
  readonly own: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A verified post that was read back. */
export interface PastPost {
  readonly accepted: Accepted;
  readonly bytes: number;
  readonly seq: number;
  /** In broker time. */
  readonly storedAt: number;
}

export interface Past {
  /** Oldest first. */
  readonly posts: readonly PastPost[];
  /** Between these two, both inclusive, everything that is kept was read. */
  readonly from: number;
  readonly upTo: number;
  /** Nothing older than `from` was asked for. */
  readonly whole: boolean;
  /** There were posts between `after` and `from`, or there may have been. */
  readonly missed: boolean;
}
