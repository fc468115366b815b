/**
 * Which messages of a stream are old enough, without reading any: a message is as old as the first moment at which
 * its sequence was seen to be taken. Moments are the broker's.
 */
export interface AgeIndex {
  /** Notes how far the stream goes, and when its first message came. */
  note(look: AgeLook): void;
  /** The last sequence that is known to be old enough; 0 when none is. */
  agedSeq(now: number): number;
}

export interface AgeLook {
  readonly now: number;
  readonly firstSeq: number;
  readonly firstAt: number;
  readonly lastSeq: number;
}

/** As long as an outbox may try to send something, and a day more. */
export const handledAgeMs: number = 8 * 24 * 3_600_000;
const stepMs = 3_600_000;

export function createAgeIndex(): AgeIndex {
  /** In the order of time; at most one an hour, for as long as they are needed. */
  let seen: { readonly at: number; readonly seq: number }[] = [];
  const isOld = (at: number, now: number): boolean => now - at >= handledAgeMs;
  return {
    note: ({ now, firstSeq, firstAt, lastSeq }) => {
      const last = seen.at(-1);
      if (!last && firstSeq > 0 && firstSeq <= lastSeq) seen.push({ at: firstAt, seq: firstSeq });
      if (!last || now - last.at >= stepMs) seen.push({ at: now, seq: lastSeq });
    },
    agedSeq: (now) => {
      const young = seen.findIndex(({ at }) => !isOld(at, now));
      const old = young === -1 ? seen : seen.slice(0, young);
      const aged = old.at(-1);
      if (aged) seen = [aged, ...seen.slice(old.length)];
      return aged?.seq ?? 0;
    },
  };
}
