import type { MemberRecord, Rights } from "@cotal/registries";
import type { Channel, OwnerId } from "@cotal/subjects";
import type { Burial } from "./core/dead-letter.ts";
import type { LetterPlace } from "./dead-store.ts";

/**
 * What the leader of a shard does for the shard's owners. Each call waits its turn behind whatever the
 * actor does already, takes effect as a whole before it answers, and rejects with a coded error.
 */
export interface Shard {
  readonly shard: number;
  join(owner: OwnerId, order: JoinOrder): Promise<JoinAnswer>;
  /** Also resolves when there was no membership, or it had ended. */
  leave(owner: OwnerId, order: LeaveOrder): Promise<void>;
  /** The memberships of an owner that have not ended. */
  memberships(owner: OwnerId): readonly MemberRecord[];
  attach(owner: OwnerId, order: AttachOrder): Promise<AttachAnswer>;
  pending(owner: OwnerId): Promise<Backlog>;
  narrow(owner: OwnerId, rights: Rights): Promise<SettledAnswer>;
  settle(owner: OwnerId): Promise<SettledAnswer>;
  retire(owner: OwnerId): Promise<SettledAnswer>;
  readonly letters: Letters;
}

/** What the owners of the shard could not handle, and what becomes of it. */
export interface Letters {
  /** Keeps what an owner gives up. */
  bury(owner: OwnerId, burial: Burial): Promise<void>;
  /** Hands one out again, to whom it was addressed. */
  replay(place: LetterPlace): Promise<void>;
  drop(place: LetterPlace): Promise<void>;
  /** Also those of the owners of other shards. */
  list(order: DeadListOrder): Promise<readonly DeadRow[]>;
}

export interface DeadListOrder {
  readonly owner: OwnerId | "*";
  /** Goes on behind this row; 0 begins. */
  readonly after: number;
  readonly limit: number;
}

/** A dead letter as it is shown. What stands in the message is not. */
export interface DeadRow extends LetterPlace {
  /** Where the list goes on behind it. */
  readonly seq: number;
  readonly reason: string;
  readonly sender: string;
  /** What it was sent to. */
  readonly subject: string;
  readonly id?: string | undefined;
  readonly buriedAt: number;
  /** Whether it can be handed out again: its message is kept, as its sender signed it. */
  readonly replayable: boolean;
  readonly bytes: number;
}

export interface JoinOrder {
  readonly channel: Channel;
  /** The last post that the owner has got by another route. */
  readonly since: number;
}

export type JoinAnswer =
  | { readonly durable: true; readonly generation: number }
  /** Retention has taken part of what was posted since; nothing is held. */
  | { readonly durable: false; readonly evicted: { readonly fromSeq: number; readonly toSeq: number } };

export interface LeaveOrder {
  readonly channel: Channel;
  readonly generation: number;
}

export interface AttachOrder {
  /** Tells the programs of one peer apart. */
  readonly nonce: string;
  /** Tells the connections of one program apart. */
  readonly epoch: number;
  readonly takeover: boolean;
}

export interface AttachAnswer {
  readonly stream: string;
  readonly consumer: string;
  /** Copies that wait or are in flight. */
  readonly pending: number;
}

export interface Backlog {
  readonly pending: number;
  /** Posts that are kept as pointers, because the rights of the owner are not known. */
  readonly parked: number;
}

export interface SettledAnswer {
  /** Of the ACL whose consequences are carried out now. */
  readonly epoch: number;
  readonly purged: number;
  readonly ended: readonly Channel[];
}
