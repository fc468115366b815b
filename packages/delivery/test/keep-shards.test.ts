import type { LeaseRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { silentLog } from "@cotal/session";
import { createFakeClock, type FakeClock } from "@cotal/session/testing";
import { asOwnerId, CotalError, type OwnerId, registryKey } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { keepShards } from "../src/keep-shards.ts";
import type { Leadership } from "../src/leadership.ts";
import { createLeaseBucket, type LeaseBucket, type Line } from "./lease-bucket.ts";

interface Daemon {
  readonly id: OwnerId;
  /** What it leads now. */
  readonly leads: Set<number>;
  /** The most that it ever led at once. */
  readonly ended: (readonly [shard: number, code: unknown])[];
  line: Line;
  over: boolean;
  stop(): void;
}

interface Wish {
  readonly bucket: LeaseBucket;
  readonly clock: FakeClock;
  readonly holder: string;
  readonly standby?: boolean;
  readonly served?: readonly number[];
  readonly failing?: number;
}

const shards = 2;

function start({ bucket, clock, holder, standby = false, served = [0, 1], failing }: Wish): Daemon {
  const joined = bucket.join(clock);
  const stopping = new AbortController();
  const id = asOwnerId(publicFromSeed(generateSeed("user")));
  const daemon: Daemon = {
    id,
    leads: new Set(),
    ended: [],
    over: false,
    get line() {
      return joined.line;
    },
    set line(line) {
      joined.line = line;
    },
    stop: () => stopping.abort(),
  };
  const lead = async ({ shard, signal, ready }: Leadership): Promise<void> => {
    if (shard === failing) throw new CotalError("undecodable", "no checkpoint");
    await ready();
    daemon.leads.add(shard);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    daemon.leads.delete(shard);
  };
  void keepShards(
    { clock, log: silentLog, leases: joined.leases, probe: async () => "unknown" },
    {
      served,
      shards,
      id,
      holder,
      version: "1",
      standby,
      lead,
      signal: stopping.signal,
      onEnded: (shard, error) => daemon.ended.push([shard, error instanceof CotalError ? error.code : error]),
    },
  ).then(() => {
    daemon.over = true;
  });
  return daemon;
}

const world = (): { bucket: LeaseBucket; clock: FakeClock } => ({
  bucket: createLeaseBucket(),
  clock: createFakeClock(),
});

describe("the daemons of a space", () => {
  test("share its shards: who has too much gives one up when another waits, and takes it back from who goes", async () => {
    verifies("DLV-10", "DLV-11");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a" });
    await clock.advance(1_000);
    expect([...first.leads]).toEqual([0, 1]);
    const second = start({ bucket, clock, holder: "b", standby: true });
    await clock.advance(15_000);
    expect([...first.leads]).toEqual([0]);
    expect([...second.leads]).toEqual([1]);
    expect(bucket.stands(registryKey.standby(second.id))).toBeUndefined();

    const third = start({ bucket, clock, holder: "c", standby: true });
    await clock.advance(30_000);
    expect([first.leads.size, second.leads.size, third.leads.size]).toEqual([1, 1, 0]);
    expect(bucket.stands(registryKey.standby(third.id))).toMatchObject({ holder: "c", ready: false });

    first.stop();
    await clock.advance(2_000);
    expect([first.leads.size, second.leads.size, third.leads.size]).toEqual([0, 1, 1]);
    third.stop();
    await clock.advance(2_000);
    expect([...second.leads].sort()).toEqual([0, 1]);
    expect(second.ended).toEqual([]);
    second.stop();
    for (let turn = 0; turn < 5; turn++) await clock.advance(1_000);
    expect([first.over, second.over, third.over]).toEqual([true, true, true]);
    expect(bucket.stands(registryKey.standby(third.id))).toBeUndefined();
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  test("serve what they are told to serve and no more", async () => {
    verifies("DLV-10");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a", served: [1] });
    const second = start({ bucket, clock, holder: "b", standby: true, served: [0] });
    await clock.advance(60_000);
    expect([...first.leads]).toEqual([1]);
    expect([...second.leads]).toEqual([0]);
  });

  test("take a shard all the same when whoever it was left to has died meanwhile", async () => {
    verifies("DLV-11");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a" });
    await clock.advance(1_000);
    const second = start({ bucket, clock, holder: "b", standby: true });
    await clock.advance(10_500);
    second.line = "down";
    second.stop();
    await clock.advance(45_000);
    expect([...first.leads].sort()).toEqual([0, 1]);
  });

  test("count nobody as waiting whose note stands still, and take back what nobody has taken", async () => {
    verifies("DLV-11");
    const { bucket, clock } = world();
    const note: LeaseRecord = { v: 1, holder: "b", epoch: 1, since: 0, ready: false, version: "1" };
    const id = asOwnerId(publicFromSeed(generateSeed("user")));
    const write = () => bucket.join(clock).leases.put(registryKey.standby(id), note, {});
    await write();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(9_000);
    expect([...daemon.leads].sort()).toEqual([0, 1]);
    await write();
    await clock.advance(2_000);
    expect([...daemon.leads]).toEqual([0]);
    await clock.advance(12_000);
    expect([...daemon.leads].sort()).toEqual([0, 1]);
  });

  test("go on with one shard when another fails, and say which and why", async () => {
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a", failing: 0 });
    await clock.advance(20_000);
    expect(daemon.ended).toEqual([[0, "undecodable"]]);
    expect([...daemon.leads]).toEqual([1]);
    expect(daemon.over).toBe(false);
  });
});
