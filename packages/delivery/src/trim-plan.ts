/** A queue of a stream: what it takes from it, and up to where everything of that is handled. */
export interface HandledQueue {
  readonly filter: string;
  /** Its own ack floor. */
  readonly floor: number;
}

/** How full a stream is. */
export interface Fill {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly messages: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Removes what a queue takes up to a sequence. */
export interface Cut {
  readonly filter: string;
  readonly upTo: number;
}

/** From here on handled messages go, the oldest first, until the stream is down to the second mark. */
const fullShare = 0.7;
const relievedShare = 0.6;

export function isFull({ bytes, maxBytes }: Fill): boolean {
  return bytes > maxBytes * fullShare;
}

export function isRelieved({ bytes, maxBytes }: Fill): boolean {
  return bytes <= maxBytes * relievedShare;
}

/**
 * What is removed of each queue up to this sequence of the stream. Nothing above its own floor is touched, whatever
 * others have handled, and what was cut before is not cut again.
 */
export function cutsUpTo(
  queues: readonly HandledQueue[],
  seq: number,
  cutBefore: ReadonlyMap<string, number>,
): readonly Cut[] {
  return queues.flatMap(({ filter, floor }) => {
    const upTo = Math.min(floor, seq);
    return upTo > (cutBefore.get(filter) ?? 0) ? [{ filter, upTo }] : [];
  });
}

/**
 * Up to where a stream that is full is cut, step by step, until it is relieved: what is not handled stays, so how
 * far one has to go shows only on the way. Each step is twice as long as the one before; the last ends where the
 * highest floor is.
 */
export function reliefSteps(fill: Fill, queues: readonly HandledQueue[]): readonly number[] {
  const { bytes, maxBytes, messages, firstSeq } = fill;
  const highest = Math.max(0, ...queues.map(({ floor }) => floor));
  const excess = Math.ceil(((bytes - maxBytes * relievedShare) / bytes) * messages);
  const steps: number[] = [];
  for (let span = Math.max(1, excess); ; span *= 2) {
    const seq = firstSeq + span - 1;
    if (highest < firstSeq) return steps;
    steps.push(Math.min(seq, highest));
    if (seq >= highest) return steps;
  }
}

/** As much as one broker is ever sent in a second, so that no queue fills up between two looks. */
const burstBytesPerMs = 20 * 1024;
const soonestMs = 5;
const latestMs = 10_000;

/** When to look again: at half the time in which a burst could fill what is left. */
export function lookAgainMs({ bytes, maxBytes }: Fill): number {
  const room = Math.max(0, maxBytes - bytes);
  return Math.min(latestMs, Math.max(soonestMs, room / burstBytesPerMs / 2));
}

/** The part of a stream that one sender may fill. */
const senderShare = 0.1;

export interface HeavySender {
  readonly sender: string;
  /** Of the bytes that the stream may have, about. */
  readonly share: number;
}

/** Who fills more than its share, by the number of messages under each subject; a sender is the last token of one. */
export function heavySenders(
  { bytes, maxBytes, messages }: Fill,
  subjects: Readonly<Record<string, number>>,
): readonly HeavySender[] {
  const counts = new Map<string, number>();
  for (const [subject, count] of Object.entries(subjects)) {
    const sender = subject.slice(subject.lastIndexOf(".") + 1);
    counts.set(sender, (counts.get(sender) ?? 0) + count);
  }
  return [...counts]
    .map(([sender, count]) => ({ sender, share: (count / messages) * (bytes / maxBytes) }))
    .filter(({ share }) => share > senderShare);
}
