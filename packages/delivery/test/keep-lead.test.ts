import type { LeaseRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { silentLog } from "@cotal/session";
import { createFakeClock, type FakeClock } from "@cotal/session/testing";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { keepLead, type LeadDeps, type LeadOrder } from "../src/keep-lead.ts";
import type { Leadership } from "../src/leadership.ts";
import { createLeaseBucket, type LeaseBucket, type Line } from "./lease-bucket.ts";

const key = "delivery.0";

/** A daemon that wants the lead, and what has become of it. */
interface Daemon {
  readonly runs: Leadership[];
  /** Runs that go on. */
  running: number;
  /** What `keepLead` has come to. */
  outcome: unknown;
  line: Line;
  stop(): void;
  /** Ends the present run by itself. */
  end(error?: Error): void;
  /** Ends without a word, as a process that is killed. */
  die(): void;
}

interface Wish {
  readonly bucket: LeaseBucket;
  readonly clock: FakeClock;
  readonly holder: string;
  readonly standby?: boolean;
  readonly probe?: LeadDeps["probe"];
  readonly lead?: LeadOrder["lead"];
}

function start({ bucket, clock, holder, standby = false, ...wish }: Wish): Daemon {
  const joined = bucket.join(clock);
  const stop = new AbortController();
  let end: (error?: Error) => void = () => undefined;
  const daemon: Daemon = {
    runs: [],
    running: 0,
    outcome: undefined,
    get line() {
      return joined.line;
    },
    set line(line) {
      joined.line = line;
    },
    stop: () => stop.abort(),
    end: (error) => end(error),
    die: () => {
      joined.line = "down";
      for (const { signal } of daemon.runs) expect(signal.aborted).toBe(false);
    },
  };
  const lead = async (leadership: Leadership): Promise<void> => {
    daemon.runs.push(leadership);
    daemon.running++;
    try {
      await leadership.ready();
      await new Promise<void>((resolve, reject) => {
        end = (error) => (error ? reject(error) : resolve());
        leadership.signal.addEventListener("abort", () => resolve());
      });
    } catch (error) {
      if (!leadership.signal.aborted) throw error;
    } finally {
      daemon.running--;
    }
  };
  const deps: LeadDeps = {
    clock,
    log: silentLog,
    leases: joined.leases,
    probe: wish.probe ?? (async () => "unknown"),
  };
  const order = { shard: 0, holder, version: "1", standby, lead: wish.lead ?? lead, signal: stop.signal };
  keepLead(deps, order).then(
    () => {
      daemon.outcome = "ended";
    },
    (error) => {
      daemon.outcome = error instanceof CotalError ? error.code : error;
    },
  );
  return daemon;
}

const world = (): { bucket: LeaseBucket; clock: FakeClock } => ({
  bucket: createLeaseBucket(),
  clock: createFakeClock(),
});

describe("one daemon", () => {
  test("takes a free lead, says ready, renews every 10 s and gives it up in order", async () => {
    verifies("DLV-12", "DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(0);
    expect(bucket.writes).toEqual([`${key} a 1 false`, `${key} a 1 true`]);
    expect(daemon.runs).toMatchObject([{ shard: 0, holder: "a", epoch: 1 }]);
    await clock.advance(30_000);
    expect(bucket.writes.slice(2)).toEqual([`${key} a 1 true`, `${key} a 1 true`, `${key} a 1 true`]);
    daemon.stop();
    await clock.advance(0);
    expect(bucket.writes.at(-1)).toBe(`${key} -`);
    expect(daemon).toMatchObject({ running: 0, outcome: "ended" });
    expect(daemon.runs[0]?.signal.aborted).toBe(true);
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  test("goes on undisturbed where its renewals were not answered but the lease is its own", async () => {
    verifies("DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    daemon.line = "deaf";
    await clock.advance(16_000);
    daemon.line = "up";
    await clock.advance(20_000);
    expect(daemon.runs).toHaveLength(1);
    expect(daemon.runs[0]?.signal.aborted).toBe(false);
    expect(bucket.stands(key)).toMatchObject({ holder: "a", epoch: 1, ready: true });
  });

  test("quiesces as soon as the lease cannot be told, and runs again with a higher epoch when it can", async () => {
    verifies("DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    daemon.line = "down";
    await clock.advance(11_000);
    expect(daemon.runs[0]?.signal.aborted).toBe(true);
    expect(daemon.running).toBe(0);
    daemon.line = "up";
    await clock.advance(2_000);
    expect(daemon.runs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(daemon.running).toBe(1);
  });

  test("takes a lease again that is gone", async () => {
    verifies("DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    await bucket.join(clock).leases.remove(key, {});
    await clock.advance(20_000);
    expect(daemon.runs.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(bucket.stands(key)).toMatchObject({ holder: "a", ready: true });
  });

  test("stops where another has taken its lease, and leaves that lease alone", async () => {
    verifies("DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    const other: LeaseRecord = { v: 1, holder: "b", epoch: 9, since: 0, ready: true, version: "1" };
    await bucket.join(clock).leases.put(key, other, {});
    await clock.advance(0);
    expect(daemon.runs[0]?.signal.aborted).toBe(true);
    await clock.advance(60_000);
    expect(daemon).toMatchObject({ running: 0, outcome: "lease-held" });
    expect(bucket.stands(key)).toEqual(other);
  });

  test("quiesces when it was fenced off and is not told by whom", async () => {
    verifies("DLV-81");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a", standby: true });
    await clock.advance(5_000);
    daemon.line = "behind";
    const other: LeaseRecord = { v: 1, holder: "b", epoch: 9, since: 0, ready: true, version: "1" };
    await bucket.join(clock).leases.put(key, other, {});
    await clock.advance(9_000);
    expect(daemon.runs[0]?.signal.aborted).toBe(true);
    await clock.advance(20_000);
    expect(daemon.running).toBe(0);
    expect(bucket.stands(key)).toEqual(other);
  });

  test("gives up by the revision of a renewal that was on its way when it was told to end", async () => {
    verifies("DLV-83");
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(9_000);
    daemon.line = "deaf";
    await clock.advance(2_000);
    daemon.stop();
    await clock.advance(100);
    daemon.line = "up";
    expect(daemon.running).toBe(0);
    await clock.advance(10_000);
    expect(daemon.outcome).toBe("ended");
    expect(bucket.stands(key)).toBeUndefined();
  });

  test("gives the lease up and says why when its lead fails", async () => {
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    const error = new CotalError("undecodable", "no checkpoint");
    daemon.end(error);
    await clock.advance(0);
    expect(daemon.outcome).toBe("undecodable");
    expect(bucket.stands(key)).toBeUndefined();
  });

  test("looks who leads when its fence is gone, and leads again where the lease is its own", async () => {
    const { bucket, clock } = world();
    const daemon = start({ bucket, clock, holder: "a" });
    await clock.advance(5_000);
    daemon.end(new CotalError("fenced", "another wrote"));
    await clock.advance(2_000);
    expect(daemon.runs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(daemon.running).toBe(1);
  });

  test("does not begin a run before the one before has ended", async () => {
    const { bucket, clock } = world();
    let release: () => void = () => undefined;
    const epochs: number[] = [];
    const lead = async ({ epoch }: Leadership): Promise<void> => {
      epochs.push(epoch);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    const daemon = start({ bucket, clock, holder: "a", lead });
    await clock.advance(5_000);
    daemon.line = "down";
    await clock.advance(30_000);
    daemon.line = "up";
    await clock.advance(30_000);
    expect(epochs).toEqual([1]);
    release();
    await clock.advance(2_000);
    expect(epochs).toEqual([1, 2]);
  });
});

describe("two daemons", () => {
  test("do not both lead: the second refuses when it sees the first renew", async () => {
    verifies("DLV-80");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a" });
    await clock.advance(100);
    const second = start({ bucket, clock, holder: "b" });
    await clock.advance(9_000);
    expect(second.outcome).toBeUndefined();
    await clock.advance(2_000);
    expect(second).toMatchObject({ outcome: "lease-held", runs: [] });
    expect(first.running).toBe(1);
  });

  test("the second refuses at once when the first answers for the shard", async () => {
    verifies("DLV-80");
    const { bucket, clock } = world();
    start({ bucket, clock, holder: "a" });
    await clock.advance(100);
    const second = start({ bucket, clock, holder: "b", probe: async () => "served" });
    await clock.advance(0);
    expect(second.outcome).toBe("lease-held");
  });

  test("a standby takes over at once when the lead is given up", async () => {
    verifies("DLV-80", "DLV-83");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a" });
    await clock.advance(100);
    const second = start({ bucket, clock, holder: "b", standby: true, probe: async () => "served" });
    await clock.advance(60_000);
    expect(second.runs).toEqual([]);
    first.stop();
    await clock.advance(0);
    expect(second.running).toBe(1);
    expect(second.runs[0]?.epoch).toBeGreaterThan(1);
  });

  test("a standby takes over from one that died within 4 s of silence, and not from one that still prepares", async () => {
    verifies("DLV-82", "DLV-83");
    const { bucket, clock } = world();
    const preparing = bucket.join(clock).leases;
    const other: LeaseRecord = { v: 1, holder: "a", epoch: 1, since: 0, ready: false, version: "1" };
    await preparing.put(key, other, {});
    const second = start({ bucket, clock, holder: "b", standby: true, probe: async () => "silent" });
    await clock.advance(9_000);
    expect(second.runs).toEqual([]);
    await preparing.put(key, { ...other, ready: true }, {});
    await clock.advance(4_000);
    expect(second.runs).toMatchObject([{ epoch: 2 }]);
  });

  test("whoever finds a lease that stood still for 30 s takes it, though nobody could be asked", async () => {
    verifies("DLV-83");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a" });
    await clock.advance(15_000);
    first.die();
    const second = start({ bucket, clock, holder: "b" });
    await clock.advance(29_000);
    expect(second.runs).toEqual([]);
    await clock.advance(3_000);
    expect(second.running).toBe(1);
  });

  test("one that was away finds its lease taken and stands by for the other", async () => {
    verifies("DLV-81", "DLV-82");
    const { bucket, clock } = world();
    const first = start({ bucket, clock, holder: "a", standby: true, probe: async () => "served" });
    await clock.advance(5_000);
    first.line = "down";
    const second = start({ bucket, clock, holder: "b", standby: true, probe: async () => "silent" });
    await clock.advance(5_000);
    expect(second.running).toBe(1);
    first.line = "up";
    await clock.advance(20_000);
    expect(first).toMatchObject({ running: 0, outcome: undefined });
    second.stop();
    await clock.advance(2_000);
    expect(first.runs.map(({ epoch }) => epoch > 2)).toEqual([false, true]);
  });
});
