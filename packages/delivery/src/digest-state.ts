import type { PresenceDigest } from "@cotal/wire";

/** What was told of who beats, within one leadership. Moments are those of the clock's `uptime`. */
export interface DigestState {
  readonly epoch: number;
  readonly version: number;
  /** Who was alive by the last digest; nothing was told yet where it is undefined. */
  readonly live: ReadonlySet<string> | undefined;
  readonly fullAt: number;
  readonly toldAt: number;
}

/** Who beats now, and how long the bucket has been there to hear of it. */
export interface BeatSight {
  readonly beating: readonly string[];
  readonly bucketAgeMs: number;
}

/** Whoever beats has done so within this time. A younger bucket does not know yet who is missing. */
export const beatWindowMs = 30_000;
const fullMs = 60_000;
/** Well before readers take the silence for the end of the leader. */
const stillThereMs = 15_000;

export function newDigestState(epoch: number): DigestState {
  return { epoch, version: 0, live: undefined, fullAt: 0, toldAt: 0 };
}

/**
 * What is to be told now, if anything.
 *
 * D1 The first digest of a leadership is full, and so is one each minute.
 * D2 Versions grow by one; what one digest leaves out the one before it has told.
 * D3 Nobody is told to be gone by a bucket that is younger than the window of the beats.
 */
export function nextDigest(
  state: DigestState,
  { beating, bucketAgeMs }: BeatSight,
  now: number,
): readonly [DigestState, PresenceDigest | undefined] {
  const { live } = state;
  const knows = bucketAgeMs >= beatWindowMs;
  if (knows && (live === undefined || now - state.fullAt >= fullMs))
    return tell(state, { beating, now, full: true });
  if (live === undefined) return [state, undefined];
  const added = beating.filter((id) => !live.has(id));
  const beats = new Set(beating);
  const gone = knows ? [...live].filter((id) => !beats.has(id)) : [];
  if (added.length + gone.length === 0 && now - state.toldAt < stillThereMs) return [state, undefined];
  const present = knows ? beating : [...live, ...added];
  return tell(state, { beating: present, now, full: false, added, gone });
}

interface Telling {
  readonly beating: readonly string[];
  readonly now: number;
  readonly full: boolean;
  readonly added?: readonly string[];
  readonly gone?: readonly string[];
}

function tell(
  state: DigestState,
  { beating, now, full, added = beating, gone = [] }: Telling,
): readonly [DigestState, PresenceDigest] {
  const { epoch } = state;
  const version = state.version + 1;
  const fullAt = full ? now : state.fullAt;
  return [
    { epoch, version, live: new Set(beating), fullAt, toldAt: now },
    { v: 1, epoch, version, full, live: [...added], gone: [...gone] },
  ];
}
