import type { Presence, Status } from "@cotal/wire";

/** A peer as this endpoint sees it now. */
export interface RosterEntry {
  readonly id: string;
  readonly name: string;
  readonly role?: string | undefined;
  readonly status: Status;
  readonly live: boolean;
  /** What it last said of itself; absent when only its name is known. */
  readonly presence?: Presence | undefined;
  /** Local time in ms at which it was last heard of. */
  readonly seenAt?: number | undefined;
}

export interface PresenceChange {
  readonly kind: "joined" | "changed" | "left";
  readonly peer: RosterEntry;
}

/** How far the roster can be relied on. */
export type RosterFreshness =
  | { readonly kind: "current" }
  | { readonly kind: "stale"; readonly since: number };
