import type { Cut, Fill, HandledQueue } from "./trim-plan.ts";

/** What one sender has in a queue for one target, all under one subject. */
export interface Pair {
  readonly subject: string;
  readonly count: number;
}

export interface PairFill extends Fill {
  /** The most messages that one subject takes. */
  readonly limit: number;
}

export interface PairTrimmerDeps {
  /** How many messages stand under each subject. */
  readonly count: () => Promise<Readonly<Record<string, number>>>;
  readonly queues: () => Promise<readonly HandledQueue[]>;
  /** Answers how many it has removed. */
  readonly purge: (cut: Cut) => Promise<number>;
  /** Told once of a pair that takes no more, and of which nothing may go. */
  readonly onExhausted: (pair: Pair) => void;
}

/**
 * Sees to it that a sender whose messages are handled is not refused for their number: a subject takes only so many,
 * those that are handled among them.
 */
export interface PairTrimmer {
  /** The answer is when to look again, in ms. */
  trim(fill: PairFill): Promise<number>;
}

export function createPairTrimmer({ count, queues, purge, onExhausted }: PairTrimmerDeps): PairTrimmer {
  const exhausted = new Set<string>();
  /** Up to where each pair was cut. */
  const cuts = new Map<string, number>();
  /** The most that stood under one subject at the last count, and how far the stream went. */
  let counted = { most: 0, lastSeq: 0 };

  /** The oldest first, and no further than its own queue has handled; some stay, and with them its last. */
  const cut = async (pair: Pair, floor: number, { firstSeq, limit }: PairFill): Promise<Pair> => {
    const excess = pair.count - limit * lightShare;
    let removed = 0;
    let upTo = Math.max(firstSeq - 1, cuts.get(pair.subject) ?? 0);
    while (removed < excess && upTo < floor) {
      upTo = Math.min(floor, upTo + Math.ceil(Math.max(excess - removed, limit * stepShare)));
      removed += await purge({ filter: pair.subject, upTo });
    }
    cuts.set(pair.subject, upTo);
    return { ...pair, count: pair.count - removed };
  };
  const cutAll = async (pairs: readonly Pair[], fill: PairFill): Promise<readonly Pair[]> => {
    if (pairs.length === 0) return [];
    const floors = new Map((await queues()).map(({ filter, floor }) => [targetOf(filter), floor]));
    const left: Pair[] = [];
    for (const pair of pairs) left.push(await cut(pair, floors.get(targetOf(pair.subject)) ?? 0, fill));
    return left;
  };
  const tell = (pairs: readonly Pair[]): void => {
    for (const pair of pairs) if (!exhausted.has(pair.subject)) onExhausted(pair);
    exhausted.clear();
    for (const { subject } of pairs) exhausted.add(subject);
  };

  return {
    trim: async (fill) => {
      const { messages, lastSeq, limit } = fill;
      // No subject has more than it had, and all that came since.
      const most = Math.min(messages, counted.most + lastSeq - counted.lastSeq);
      if (!isHeavy(most, limit)) return countAgainMs(most, limit);
      const pairs = Object.entries(await count()).map(([subject, number]) => ({ subject, count: number }));
      const heavy = pairs.filter((pair) => isHeavy(pair.count, limit));
      const left = await cutAll(heavy, fill);
      for (const subject of cuts.keys())
        if (!heavy.some((pair) => pair.subject === subject)) cuts.delete(subject);
      tell(left.filter((pair) => pair.count >= limit));
      const light = pairs.filter((pair) => !isHeavy(pair.count, limit));
      const mostOf = (top: number, pair: Pair): number => Math.max(top, pair.count);
      counted = { most: [...left, ...light].reduce(mostOf, 0), lastSeq };
      return countAgainMs(counted.most, limit);
    },
  };
}

/** From here on a pair is cut, before its sender is refused; down to the second mark, in steps that go no deeper than the third. */
const heavyShare = 0.5;
const lightShare = 0.4;
const stepShare = 0.1;

function isHeavy(count: number, limit: number): boolean {
  return count > limit * heavyShare;
}

/** Without the sender, who is the last token of a subject, or any in a filter. */
function targetOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf("."));
}

/** As many as one sender ever stores in a millisecond. */
const burstPerMs = 5;
const soonestMs = 20;
/** What waits goes at the pace of its receivers. */
const waitingMs = 1_000;

/** When to count again, so that nobody has used up in between what is left of half its share. */
function countAgainMs(most: number, limit: number): number {
  if (isHeavy(most, limit)) return waitingMs;
  return Math.max(soonestMs, (limit - most) / burstPerMs / 2);
}
