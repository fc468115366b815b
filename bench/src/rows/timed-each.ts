import { setTimeout as pause } from "node:timers/promises";
import { spreadOf } from "../statistics.ts";

/** Undoes what was done; its time does not count. */
export type Undo = () => Promise<unknown>;

/** After a connection has ended the broker verifies its token once more; the next connect does not pay for that. */
const restMs = 3;

/** The median in ms of doing something with each of them, one after the other. */
export async function medianMs<Item>(
  items: readonly Item[],
  start: (item: Item) => Promise<Undo>,
): Promise<number> {
  const tookMs: number[] = [];
  for (const item of items) {
    const from = process.hrtime.bigint();
    const undo = await start(item);
    tookMs.push(Number(process.hrtime.bigint() - from) / 1e6);
    await undo();
    await pause(restMs);
  }
  return spreadOf(tookMs).median;
}
