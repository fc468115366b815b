import type { DirectoryEntry, Presence } from "@cotal/wire";
import { type Heard, isSilent, windowMs } from "./heard.ts";
import type { RosterEntry } from "./roster-entry.ts";

/** What is known of one peer. Moments are by the `uptime` of the clock. */
export interface PeerFacts {
  readonly id: string;
  /** What it last said of itself, and when that came. */
  readonly said?: { readonly presence: Presence; readonly at: number } | undefined;
  /** When its record was found to be gone. */
  readonly lostAt?: number | undefined;
  readonly listed?: DirectoryEntry | undefined;
}

/** Whether a peer is alive: not when it said so, when its key is gone, or when its beats have ended. */
export function isLive({ id, said, lostAt }: PeerFacts, heard: Heard, now: number): boolean {
  if (said === undefined || said.presence.status === "offline") return false;
  // A broker that ends forgets all keys at once, and who is alive writes its own again.
  if (lostAt !== undefined && now - lostAt > windowMs) return false;
  const { live, goneAt, extent } = heard;
  if (live.has(id)) return true;
  const endedAt = goneAt.get(id);
  if (endedAt !== undefined && endedAt >= said.at) return false;
  // To be left out means something only if everybody who beats is listed.
  if (extent.kind === "partial" || isSilent(heard, now)) return true;
  return now - Math.max(said.at, extent.since) <= windowMs;
}

/** The peer as the roster shows it; `undefined` when nothing is left of it. */
export function entryOf(
  facts: PeerFacts,
  heard: Heard,
  { now, wall }: { readonly now: number; readonly wall: number },
): RosterEntry | undefined {
  const { id, said, listed } = facts;
  const name = listed?.name ?? said?.presence.card.name;
  if (name === undefined || (said === undefined && listed?.retired === true)) return undefined;
  const live = isLive(facts, heard, now);
  const role = said?.presence.card.role;
  const seenAt = lastSeen(facts, heard);
  return {
    id,
    name,
    live,
    status: live ? (said?.presence.status ?? "offline") : "offline",
    ...(role !== undefined && { role }),
    ...(said && { presence: said.presence }),
    ...(seenAt !== undefined && { seenAt: wall - (now - seenAt) }),
  };
}

function lastSeen({ id, said }: PeerFacts, { live, last }: Heard): number | undefined {
  const moments = [said?.at, live.has(id) ? last?.at : undefined].filter((at) => at !== undefined);
  return moments.length === 0 ? undefined : Math.max(...moments);
}
