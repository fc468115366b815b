import { verifies } from "@cotal/requirements";
import { protocolVersion } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import type { CasRegistry } from "../src/cas-registry.ts";
import { acquireLease, readyLease, releaseLease, renewLease } from "../src/lease.ts";
import { type LeaseRecord, leaseRegistry } from "../src/lease-record.ts";
import { observeLease } from "../src/lease-state.ts";

import { type OpenWorld, seen } from "./world.ts";
/** What holds of leases. */
export function leaseSuite(open: OpenWorld): void {
  const key = "delivery.0";
  const order = { key, version: "1.0.0" };

  describe("a lease", () => {
    test("is had by one of all who want it, then made ready, renewed and given up by revision", async () => {
      verifies("REG-19", "REG-20");
      await using world = await open(leaseRegistry);
      const racers = await world.racers(20);
      const outcomes = await Promise.all(
        racers.map((one, at) =>
          acquireLease(one, {
            ...order,
            holder: `h${at}`,
            seen: observeLease(undefined, one.get(key), 0)[1],
          }),
        ),
      );
      const won = outcomes.flatMap((one, at) => (one.kind === "acquired" ? [{ one, at }] : []));
      expect(won).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === "lost")).toHaveLength(19);
      const [
        {
          one: { lease },
          at,
        } = { one: { lease: undefined as never }, at: 0 },
      ] = won;
      const holder = racers[at] as CasRegistry<LeaseRecord>;
      expect(lease.record).toMatchObject({
        holder: `h${at}`,
        epoch: 1,
        ready: false,
        version: "1.0.0",
        protocol: protocolVersion,
      });

      const ready = await readyLease(holder, lease, true);
      expect(ready).toMatchObject({
        kind: "kept",
        lease: { revision: 2, record: { ready: true, epoch: 1 } },
      });
      expect(await renewLease(holder, lease)).toEqual({ kind: "lost" });
      expect(await releaseLease(holder, lease)).toEqual({ kind: "lost" });
      if (ready.kind === "lost") throw new Error("unreachable");
      const renewed = await renewLease(holder, ready.lease);
      expect(renewed).toMatchObject({ kind: "kept", lease: { revision: 3, record: ready.lease.record } });
      if (renewed.kind === "lost") throw new Error("unreachable");
      expect(await releaseLease(holder, renewed.lease)).toEqual({ kind: "released" });

      const next = await world.join();
      const [, free] = observeLease(undefined, next.get(key), 0);
      expect(free).toEqual({ kind: "free", standing: { kind: "absent", key, revision: 4 } });
      expect(await acquireLease(next, { ...order, holder: "n", seen: free })).toMatchObject({
        kind: "acquired",
        lease: { revision: 5, record: { epoch: 5 } },
      });
    });

    test("that is held is refused; one that stood still is taken over, once", async () => {
      verifies("REG-18", "REG-20");
      await using world = await open(leaseRegistry);
      const [one, two, three] = [await world.join(), await world.join(), await world.join()];
      const first = await acquireLease(one, {
        ...order,
        holder: "a",
        seen: observeLease(undefined, one.get(key), 0)[1],
      });
      if (first.kind !== "acquired") throw new Error(first.kind);
      for (const other of [two, three]) await seen(other, 1);
      const [sight, held] = observeLease(undefined, two.get(key), 1_000);
      expect(await acquireLease(two, { ...order, holder: "b", seen: held })).toEqual({
        kind: "held",
        by: first.lease.record,
      });
      const [, stale] = observeLease(sight, two.get(key), 31_000);
      expect(stale.kind).toBe("stale");
      const taken = await acquireLease(two, { ...order, holder: "b", seen: stale });
      expect(taken).toMatchObject({ kind: "acquired", lease: { record: { epoch: 2, holder: "b" } } });
      expect(await acquireLease(three, { ...order, holder: "c", seen: stale })).toEqual({ kind: "lost" });
      expect(await renewLease(one, first.lease)).toEqual({ kind: "lost" });
    });
  });
}
