import type { Session } from "@cotal/session";
import type { CotalError, OwnerId } from "@cotal/subjects";
import type { Backlogs } from "./backlogs.ts";
import type { ChatStream } from "./chat-stream.ts";
import type { Outgoing } from "./core/copy.ts";
import type { DeadStore } from "./dead-store.ts";
import type { DirectAges } from "./direct-ages.ts";
import type { GapWriter } from "./gap-writer.ts";
import type { Knowledge, Registries } from "./knowledge.ts";
import type { LocalMembers } from "./local-members.ts";
import type { Parking } from "./parking.ts";
import type { PostRouter } from "./post-router.ts";
import type { ShardPlace } from "./shard-place.ts";
import type { ShardStats } from "./shard-stats.ts";
import type { ShardStream } from "./shard-stream.ts";

/** What the work of a leader is done with. */
export interface ShardCore {
  readonly session: Session;
  readonly place: ShardPlace;
  readonly writer: { readonly holder: string; readonly epoch: number };
  readonly knowledge: Knowledge;
  readonly registries: Registries;
  readonly members: LocalMembers;
  /** Up to this revision of the memberships all stood there when the lead was taken over. */
  readonly loaded: number;
  readonly chat: ChatStream;
  readonly stream: ShardStream;
  readonly dead: DeadStore;
  readonly directAges: DirectAges;
  readonly parking: Parking;
  readonly router: PostRouter;
  readonly backlogs: Backlogs;
  readonly gapFor: GapWriter;
  readonly stats: ShardStats;
  readonly maxAgeMs: number;
  /** Something is wrong that delivery goes on in spite of. */
  readonly onFault: (error: CotalError) => void;
}

/**
 * What may be done in a turn of the actor, when nothing else of the shard goes on: all that was routed before is
 * stored.
 */
export interface Turn {
  /** The last post that was routed, and is stored. */
  readonly position: number;
  /** Stores these together with the position. With nothing to store it proves the lead. */
  commit(outgoing?: readonly Outgoing[]): Promise<void>;
  /** Has the parked entries of an owner looked at, later. */
  reconsider(owner: OwnerId): void;
}
