import { setTimeout as pause } from "node:timers/promises";
import type { Arrivals } from "./tally.ts";

/** How messages get from a sender here to a receiver in another process. */
export interface Way {
  /** Announces so many; the answer resolves once that many have come to their end, and rejects when they do not. */
  watch(count: number): Promise<() => Promise<Arrivals>>;
  /** Sends one; resolves once it is stored. */
  send(): Promise<void>;
}

/** The median in µs of `count` messages that are sent at a steady pace, whether or not the earlier ones have come. */
export async function latencyUs(
  way: Way,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<number> {
  const arrived = await way.watch(count);
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (let at = 0; at < count; at++) {
    const aheadMs = start + (at * 1000) / perSecond - performance.now();
    if (aheadMs > 0) await pause(aheadMs);
    sent.push(way.send());
  }
  await Promise.all(sent);
  return (await arrived()).medianNs / 1000;
}

/** Messages per second from the first send until the last has come, with so many at once not yet stored. */
export async function throughput(
  way: Way,
  { count, inFlight }: { readonly count: number; readonly inFlight: number },
): Promise<number> {
  const arrived = await way.watch(count);
  const start = process.hrtime.bigint();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await way.send();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const storedAt = process.hrtime.bigint();
  const { lastAt } = await arrived();
  const tookNs = Math.max(Number(lastAt - start), Number(storedAt - start));
  return (count * 1e9) / tookNs;
}

/** What is hardly used yet is not compiled yet; programs that run for hours are. */
export async function warmUp(...ways: readonly Way[]): Promise<void> {
  for (const way of ways) await throughput(way, { count: 5_000, inFlight: 100 });
}
