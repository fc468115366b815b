export interface PastSearch {
  /** The first place that may be found. */
  readonly first: number;
  /** Behind the last place. */
  readonly end: number;
  /** So many are wanted between the place and the end, and so many more do no harm. */
  readonly wanted: number;
  readonly slack: number;
  /** How many there are from a place to the end; at most one at each place. */
  readonly countFrom: (place: number) => Promise<number>;
}

/**
 * Finds a place from which on there are enough, but few too many: by interpolation, since posts tend to be
 * spread evenly, and by halves in between, since they need not be. The place may come out too early, never
 * too late, as long as no count is too high.
 */
export async function findPlace({ first, end, wanted, slack, countFrom }: PastSearch): Promise<number> {
  let low = { place: first, count: await countFrom(first) };
  let high = { place: Math.max(first, end - wanted), count: 0 };
  if (low.count <= wanted + slack || high.place === first) return first;
  high.count = await countFrom(high.place);
  if (high.count >= wanted) return high.place;
  for (let step = 0; low.count > wanted + slack && high.place - low.place > 1; step++) {
    const surplus = low.count - wanted - slack / 2;
    const share = step % 2 === 0 ? surplus / (low.count - high.count) : 0.5;
    const guess = low.place + Math.floor((high.place - low.place) * share);
    const place = Math.min(Math.max(guess, low.place + 1), high.place - 1);
    const count = await countFrom(place);
    if (count >= wanted) low = { place, count };
    else high = { place, count };
  }
  return low.place;
}
