import type { Channel, DirectLane } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";

/** What one owner may have waiting. */
export interface Quota {
  readonly copies: number;
  readonly bytes: number;
  readonly ageMs: number;
}

export const defaultQuota: Quota = {
  copies: 50_000,
  bytes: 256 * 1024 * 1024,
  ageMs: 30 * 86_400_000,
};

/** What an owner has waiting, as far as it is known; it may say too much. */
export interface Tally {
  /** Without gap markers: what they say would have to be said again. */
  readonly copies: number;
  /** Estimated from what was written. */
  readonly bytes: number;
  /** Nothing is older, in ms of the broker's clock; `undefined` when nothing waits. */
  readonly oldestAt: number | undefined;
}

/** One message of an owner: a copy speaks of one post, a gap marker of many. */
export interface Piece {
  readonly kind: "copy" | "gap";
  readonly channel: Channel | DirectLane | "*";
  /** Posts of CHAT, or messages of the stream that it was sent to. */
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  readonly bytes: number;
}

/** A piece that is in the stream of the shard. */
export interface StoredPiece extends Piece {
  /** Its place there. */
  readonly at: number;
  readonly storedAt: number;
}

export interface Demand {
  readonly quota: Quota;
  readonly now: number;
  readonly stored: Tally;
  /** Those that are stored, oldest first: all of them, or the first ones. */
  readonly oldest: { readonly pieces: readonly StoredPiece[]; readonly complete: boolean };
  /** What is to be written, oldest first. */
  readonly incoming: readonly Piece[];
}

export type QuotaDecision =
  | { readonly kind: "fits" }
  /** To decide, more of the oldest have to be known. */
  | { readonly kind: "read-more" }
  | {
      readonly kind: "cut";
      /** To be committed before anything is purged; one for each channel. */
      readonly gaps: readonly GapMarker[];
      /** Of what is stored, everything up to this place is purged; 0 is nothing. */
      readonly purgeUpTo: number;
      /** So many of the incoming, the first ones, are not written. */
      readonly skip: number;
    };

/**
 * What has to go so that an owner stays within its bounds: always the oldest. A marker that goes with them comes
 * back in the new ones, so it makes no room.
 */
export function applyQuota({ quota, now, stored, oldest, incoming }: Demand): QuotaDecision {
  const excess = excessOf(quota, stored, incoming);
  const isOld = (at: number | undefined): boolean => at !== undefined && now - at > quota.ageMs;
  if (!excess.isOver() && !isOld(stored.oldestAt)) return { kind: "fits" };
  const gone: StoredPiece[] = [];
  const reason = excess.isOver() ? "quota" : "age";
  for (const piece of oldest.pieces) {
    if (!excess.isOver() && !isOld(piece.storedAt)) return decided(gone, [], reason);
    excess.take(piece);
    gone.push(piece);
  }
  if (!oldest.complete) return { kind: "read-more" };
  const skipped: Piece[] = [];
  for (const piece of incoming) {
    if (!excess.isOver()) break;
    excess.take(piece);
    skipped.push(piece);
  }
  return decided(gone, skipped, reason);
}

interface Excess {
  isOver(): boolean;
  take(piece: Piece): void;
}

function excessOf(quota: Quota, stored: Tally, incoming: readonly Piece[]): Excess {
  let copies = stored.copies + incoming.filter(({ kind }) => kind === "copy").length;
  let bytes = incoming.reduce((sum, piece) => sum + piece.bytes, stored.bytes);
  return {
    isOver: () => copies > quota.copies || bytes > quota.bytes,
    take: (piece) => {
      if (piece.kind === "gap") return;
      copies -= 1;
      bytes -= piece.bytes;
    },
  };
}

function decided(
  gone: readonly StoredPiece[],
  skipped: readonly Piece[],
  reason: "quota" | "age",
): QuotaDecision {
  if (gone.length + skipped.length === 0) return { kind: "fits" };
  const gaps = gapsOf([...gone, ...skipped], reason);
  return { kind: "cut", gaps, purgeUpTo: gone.at(-1)?.at ?? 0, skip: skipped.length };
}

/** One marker for each channel, which says at least what the pieces say. */
export function gapsOf(pieces: Iterable<Omit<GapMarker, "reason">>, reason: string): readonly GapMarker[] {
  const gaps = new Map<string, GapMarker>();
  for (const { channel, fromSeq, toSeq, count } of pieces) {
    const known = gaps.get(channel);
    gaps.set(channel, {
      channel,
      fromSeq: Math.min(fromSeq, known?.fromSeq ?? fromSeq),
      toSeq: Math.max(toSeq, known?.toSeq ?? toSeq),
      count: count + (known?.count ?? 0),
      reason,
    });
  }
  return [...gaps.values()];
}
