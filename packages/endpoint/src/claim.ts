/** The key at which one id beats. Who wrote last is the peer of that id. */
export interface BeatKey {
  /** Writes if the key still holds what is expected: a sequence, 0 for nothing, or `any`. */
  write(expected: number | "any"): Promise<BeatWrite>;
  /** Makes whoever holds the key write at once. */
  knock(): void;
  /** Gives somebody who is alive the time to answer a knock. */
  pause(): Promise<void>;
}

export type BeatWrite =
  | { readonly kind: "stored"; readonly seq: number }
  /** The key holds something else; 0: nothing. */
  | { readonly kind: "fenced"; readonly last: number };

export type BeatOutcome =
  /** `continued`: the key still held the beat before this one, so nothing was forgotten in between. */
  { readonly kind: "held"; readonly continued: boolean } | { readonly kind: "taken" };

/** The right of one program to be its id. */
export interface Claim {
  /** Whether its own beat was the last, as far as it knows. */
  readonly held: boolean;
  /** Claims the id, or keeps it. One at a time. When the key cannot be written it rejects, and nothing is decided. */
  beat(): Promise<BeatOutcome>;
}

/** A beat that finds another, its knock, and the two writes after that. */
const mostWrites = 4;

/**
 * Each beat follows the one before it, so two programs cannot both go on. What stands in the way may be
 * left of a program that died, or be a beat of one's own whose answer was lost; one who is alive answers
 * a knock with a new beat.
 *
 * C1 Whoever is told `held` has written last.
 * C2 A holder that answers knocks loses its id to nobody but a takeover.
 * C3 A beat nobody defends is replaced after one pause.
 */
export function createClaim(key: BeatKey, { takeover = false }: { readonly takeover?: boolean } = {}): Claim {
  let unconditional = takeover;
  let last = 0;
  let held = false;

  const stored = (seq: number, expected: number | "any"): BeatOutcome => {
    const continued = expected === last && last !== 0;
    last = seq;
    held = true;
    // Whoever was this id learns it now and not with its next beat.
    if (expected === "any") key.knock();
    unconditional = false;
    return { kind: "held", continued };
  };

  const beat = async (): Promise<BeatOutcome> => {
    let expected: number | "any" = unconditional ? "any" : last;
    let rival: number | undefined;
    for (let write = 1; write <= mostWrites; write++) {
      const written = await key.write(expected);
      if (written.kind === "stored") return stored(written.seq, expected);
      held = false;
      expected = written.last;
      if (expected === 0) continue;
      if (rival !== undefined) break;
      rival = expected;
      key.knock();
      await key.pause();
    }
    return { kind: "taken" };
  };

  return {
    get held() {
      return held;
    },
    beat,
  };
}
