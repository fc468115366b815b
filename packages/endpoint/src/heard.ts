import type { PresenceDigest } from "@cotal/wire";

/**
 * What was heard of whose beats go on. Moments are those of receipt, by the `uptime` of the clock.
 *
 * H1 Digests count in order: an older leadership and an older version change nothing.
 * H2 After a missed version nothing follows from being left out, until a full digest comes.
 * H3 Whose beats ended stays so until a digest or a record of its own says otherwise.
 */
export interface Heard {
  readonly live: ReadonlySet<string>;
  /** When its beats were said to have ended. */
  readonly goneAt: ReadonlyMap<string, number>;
  /** Whether `live` is everybody who beats, or some may be missing; and since when. */
  readonly extent: { readonly kind: "whole" | "partial"; readonly since: number };
  readonly last: { readonly epoch: number; readonly version: number; readonly at: number } | undefined;
}

/** Whoever is silent for so long counts as silent: a peer without beats, a leader without digests. */
export const windowMs = 30_000;
/** By then the bucket has forgotten the record as well. */
const keepGoneMs = 3_600_000;

export function nothingHeard(at: number): Heard {
  return { live: new Set(), goneAt: new Map(), extent: { kind: "partial", since: at }, last: undefined };
}

export function hear(heard: Heard, digest: PresenceDigest, at: number): Heard {
  const last = { epoch: digest.epoch, version: digest.version, at };
  if (digest.full)
    return isSilent(heard, at) || isLater(digest, heard.last) ? takeWhole(heard, digest, last) : heard;
  if (digest.epoch !== heard.last?.epoch || digest.version <= heard.last.version) return heard;
  const { extent } = heard;
  const isMissing = extent.kind === "whole" && digest.version !== heard.last.version + 1;
  return {
    ...takeChanges(heard, digest, last),
    extent: isMissing ? { kind: "partial", since: at } : extent,
  };
}

/** Whether nothing that was heard holds any more by itself. */
export function isSilent({ last }: Heard, now: number): boolean {
  return last === undefined || now - last.at > windowMs;
}

type Last = NonNullable<Heard["last"]>;

function takeWhole(heard: Heard, digest: PresenceDigest, last: Last): Heard {
  const live = new Set(digest.live);
  const goneAt = new Map<string, number>();
  for (const id of heard.live) goneAt.set(id, last.at);
  for (const [id, at] of heard.goneAt) if (last.at - at < keepGoneMs) goneAt.set(id, at);
  for (const id of live) goneAt.delete(id);
  const { extent } = heard;
  return {
    live,
    goneAt,
    extent: extent.kind === "whole" ? extent : { kind: "whole", since: last.at },
    last,
  };
}

function takeChanges(heard: Heard, digest: PresenceDigest, last: Last): Heard {
  const live = new Set(heard.live);
  const goneAt = new Map(heard.goneAt);
  for (const id of digest.live) {
    live.add(id);
    goneAt.delete(id);
  }
  for (const id of digest.gone) {
    live.delete(id);
    goneAt.set(id, last.at);
  }
  return { ...heard, live, goneAt, last };
}

function isLater({ epoch, version }: PresenceDigest, last: Last | undefined): boolean {
  return last === undefined || epoch > last.epoch || (epoch === last.epoch && version > last.version);
}
