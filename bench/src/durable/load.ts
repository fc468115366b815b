import { setTimeout as pause } from "node:timers/promises";
import { createLanes } from "./lanes.ts";

/** Posts that come all at once, as fast as so many in flight allow, or at a steady pace. */
export interface Load {
  readonly posts: number;
  readonly perSecond?: number;
  readonly inFlight?: number;
}

/** Sends them, and answers what the last one did. */
export async function play<Posted>(
  post: () => Promise<Posted>,
  { posts, perSecond, inFlight = 100 }: Load,
): Promise<Posted | undefined> {
  const lanes = createLanes(inFlight);
  const start = performance.now();
  const posted: Promise<Posted>[] = [];
  for (let at = 0; at < posts; at++) {
    const aheadMs = perSecond === undefined ? 0 : start + (at * 1000) / perSecond - performance.now();
    if (aheadMs > 0) await pause(aheadMs);
    posted.push(lanes.run(post));
  }
  return (await Promise.all(posted)).at(-1);
}
