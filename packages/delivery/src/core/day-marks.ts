/** Where a stream stood at some moments, oldest first: so how old its messages are shows without reading any. */
export type DayMarks = readonly (readonly [at: number, seq: number])[];

/** How a stream is at the moment, by the broker's clock. */
export interface StreamLook {
  readonly now: number;
  readonly firstSeq: number;
  /** When the first message was stored. */
  readonly firstAt: number;
  readonly lastSeq: number;
}

export interface Ageing {
  /** From this age on a message goes. */
  readonly ageMs: number;
  /** How often a mark is made; a message may get so much older before it is known to be old. */
  readonly stepMs: number;
}

const dayMs = 86_400_000;

/** The broker itself removes after 30 days, and says nothing of it. */
export const directAgeing: Ageing = { ageMs: 28 * dayMs, stepMs: dayMs };

/**
 * The marks after a look. Of those that are old enough the newest alone is needed. Marks beyond the end belong to
 * another stream.
 */
export function withLook(before: DayMarks, look: StreamLook, { ageMs, stepMs }: Ageing): DayMarks {
  const { now, firstSeq, firstAt, lastSeq } = look;
  const marks = before.filter(([, seq]) => seq <= lastSeq);
  const [oldest] = marks;
  const isEarlier = firstSeq > 0 && firstSeq <= lastSeq && (!oldest || firstSeq < oldest[1]);
  const whole: DayMarks = isEarlier ? [[firstAt, firstSeq], ...marks] : marks;
  const latest = whole.at(-1);
  const isDue = !latest || (now - latest[0] >= stepMs && lastSeq > latest[1]);
  const all: DayMarks = isDue ? [...whole, [now, lastSeq]] : whole;
  const young = all.findIndex(([at]) => now - at < ageMs);
  return young === -1 ? all.slice(-1) : all.slice(Math.max(0, young - 1));
}

/** Up to here everything is known to be old enough; 0 when nothing is. */
export function agedUpTo(marks: DayMarks, now: number, { ageMs }: Ageing): number {
  return marks.findLast(([at]) => now - at >= ageMs)?.[1] ?? 0;
}
