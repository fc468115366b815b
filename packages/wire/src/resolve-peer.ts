import { normaliseMentions } from "@cotal/subjects";

/** A peer as the roster shows it now. */
export interface RosterEntry {
  readonly id: string;
  readonly name: string;
  readonly live: boolean;
}

/** A peer as the durable directory names it. */
export interface DirectoryEntry {
  readonly id: string;
  readonly name: string;
  readonly retired?: boolean | undefined;
}

export interface ResolvedPeer {
  readonly id: string;
  readonly name: string;
  readonly live: boolean;
}

export type Resolution =
  | { readonly kind: "found"; readonly peer: ResolvedPeer }
  | { readonly kind: "ambiguous"; readonly candidates: readonly ResolvedPeer[] }
  /** `retired`: it is the id of a peer that is no more. A name of such a one is free, and says nothing. */
  | { readonly kind: "unknown"; readonly retired?: true };

/**
 * Whom a name or an id means. Who exists and how they are called comes from the directory, for in the
 * roster everybody writes their own name; the roster says who is live. Without a directory (`null`,
 * in an open space) the roster is all there is. Ids and names are compared without case.
 */
export function resolvePeer(
  roster: readonly RosterEntry[],
  directory: readonly DirectoryEntry[] | null,
  target: string,
): Resolution {
  const wanted = compared(target);
  const peers = directory === null ? roster : named(directory, roster);
  const exact = peers.find(({ id }) => compared(id) === wanted);
  if (exact) return found(exact);
  const sameName = wanted === "" ? [] : peers.filter(({ name }) => compared(name) === wanted);
  const live = sameName.filter((peer) => peer.live);
  const candidates = live.length > 0 ? live : sameName;
  const [only] = candidates;
  if (only === undefined) return unknown(directory ?? [], wanted);
  return candidates.length === 1 ? found(only) : { kind: "ambiguous", candidates: candidates.map(plain) };
}

function unknown(directory: readonly DirectoryEntry[], wanted: string): Resolution {
  const isRetired = directory.some(({ id, retired }) => retired === true && compared(id) === wanted);
  return isRetired ? { kind: "unknown", retired: true } : { kind: "unknown" };
}

function named(directory: readonly DirectoryEntry[], roster: readonly RosterEntry[]): ResolvedPeer[] {
  const live = new Set(roster.filter((entry) => entry.live).map(({ id }) => id));
  return directory
    .filter(({ retired }) => retired !== true)
    .map(({ id, name }) => ({ id, name, live: live.has(id) }));
}

/** Mentions travel in lower case, so an id in them does as well. */
function compared(text: string): string {
  return normaliseMentions([text])[0] ?? "";
}

function found(peer: ResolvedPeer): Resolution {
  return { kind: "found", peer: plain(peer) };
}

function plain({ id, name, live }: ResolvedPeer): ResolvedPeer {
  return { id, name, live };
}
