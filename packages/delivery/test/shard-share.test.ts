import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasRoom, isShort, type ShareSight, shardToGive } from "../src/shard-share.ts";

const sight = (leaders: Readonly<Record<number, string>>, more: Partial<ShareSight> = {}): ShareSight => ({
  shards: 2,
  self: "a",
  leaders: new Map(Object.entries(leaders).map(([shard, holder]) => [Number(shard), holder])),
  unsettled: false,
  waiting: new Set(),
  ...more,
});
const waiting = (...holders: string[]): Pick<ShareSight, "waiting"> => ({ waiting: new Set(holders) });

describe("the share of a daemon", () => {
  test("is everything when it is alone, and an even part when others lead or wait", () => {
    verifies("DLV-11");
    expect(hasRoom(sight({}), 0)).toBe(true);
    expect(hasRoom(sight({ 0: "a" }), 1)).toBe(true);
    expect(hasRoom(sight({ 0: "a" }, waiting("b")), 1)).toBe(false);
    expect(hasRoom(sight({ 0: "b" }), 1)).toBe(true);
    expect(hasRoom(sight({ 0: "a", 1: "b" }, { shards: 4 }), 2)).toBe(true);
    expect(hasRoom(sight({ 0: "a", 1: "a", 2: "b" }, { shards: 4 }), 3)).toBe(false);
  });

  test("does not count who holds the very shard that can be had: its holder is gone", () => {
    verifies("DLV-11");
    expect(hasRoom(sight({ 0: "a", 1: "dead" }), 1)).toBe(true);
    expect(hasRoom(sight({ 0: "a", 1: "b", 2: "b" }, { shards: 3 }), 2)).toBe(true);
  });

  test("is given from while another waits, one shard at a time", () => {
    verifies("DLV-11");
    expect(shardToGive(sight({ 0: "a", 1: "a" }, waiting("b")))).toBe(1);
    expect(shardToGive(sight({ 0: "a", 1: "a" }))).toBeUndefined();
    expect(shardToGive(sight({ 0: "a", 1: "a" }, waiting("a")))).toBeUndefined();
    expect(shardToGive(sight({ 0: "a", 1: "b" }, waiting("c")))).toBeUndefined();
    expect(shardToGive(sight({ 0: "a", 1: "a" }, { ...waiting("b"), unsettled: true }))).toBeUndefined();
  });

  test("comes to an even spread of all shards, whoever led them and whoever waits", () => {
    verifies("DLV-10", "DLV-11");
    const daemons = ["a", "b", "c", "d"];
    const first = fc.array(fc.constantFrom(...daemons), { minLength: 1, maxLength: 9 });
    const alive = fc.subarray(daemons, { minLength: 1 });
    fc.assert(
      fc.property(first, alive, (holders, self) => {
        const leaders = settled(holders, self);
        expect(leaders.size).toBe(holders.length);
        const most = Math.ceil(holders.length / self.length);
        for (const daemon of self) {
          const led = [...leaders.values()].filter((holder) => holder === daemon);
          expect(led.length).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});

/** Who leads what after each has taken and given as it should; who is not alive has lost its leases by now. */
function settled(first: readonly string[], alive: readonly string[]): ReadonlyMap<number, string> {
  const shards = first.length;
  const held = [...first.entries()].filter(([, holder]) => alive.includes(holder));
  const leaders = new Map(held);
  const view = (self: string): ShareSight => {
    const bare = { shards, leaders, unsettled: leaders.size < shards, waiting: new Set<string>() };
    const short = alive.filter((one) => isShort({ ...bare, self: one }));
    return { ...bare, self, waiting: new Set(short) };
  };
  const turn = (self: string): void => {
    const free = first.flatMap((_, shard) => (leaders.has(shard) ? [] : [shard]));
    for (const shard of free) if (hasRoom(view(self), shard)) leaders.set(shard, self);
    const give = shardToGive(view(self));
    if (give !== undefined) leaders.delete(give);
  };
  for (let round = 0; round < 3 * shards; round++) for (const self of alive) turn(self);
  return leaders;
}
