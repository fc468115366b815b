import { spreadOf } from "../statistics.ts";

export interface Work<Item> {
  /** New items, not timed. */
  readonly draw: (count: number) => readonly Item[];
  /** What `run` must find in them. */
  readonly expected: (items: readonly Item[]) => number;
  /** Goes over the items in a loop of its own and counts what it found, so that nothing can be optimised away. */
  readonly run: (items: readonly Item[]) => number;
}

/** As many posts as one read of a socket brings: they are in the cache, as what has just arrived is. */
const lot = 100;

/**
 * Nanoseconds for each item: the median over the lots that `count` items make. The mean would count
 * the collection of what was drawn, which is most of the garbage, to whoever runs when it falls due.
 */
export function timed<Item>(count: number, { draw, expected, run }: Work<Item>): number {
  const tookNs: number[] = [];
  for (let done = 0; done < count; done += lot) {
    const items = draw(lot);
    const start = process.hrtime.bigint();
    const found = run(items);
    tookNs.push(Number(process.hrtime.bigint() - start));
    if (found !== expected(items)) throw new Error(`${found} of ${expected(items)} were found`);
  }
  return spreadOf(tookNs).median / lot;
}
