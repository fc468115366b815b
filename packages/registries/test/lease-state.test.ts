import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LeaseRecord } from "../src/lease-record.ts";
import { leaseStaleMs, observeLease } from "../src/lease-state.ts";
import type { Lookup } from "../src/lookup.ts";

const record: LeaseRecord = { v: 1, holder: "h", epoch: 1, since: 0, ready: true, version: "1" };
const found = (revision: number): Lookup<LeaseRecord> => ({
  kind: "found",
  key: "k",
  value: record,
  revision,
});

describe("an observer of a lease", () => {
  test("calls it stale when it has seen no change for 30 s on its own clock", () => {
    verifies("REG-18");
    const [first, held] = observeLease(undefined, found(1), 5_000);
    expect(held.kind).toBe("held");
    expect(observeLease(first, found(1), 5_000 + leaseStaleMs - 1)[1].kind).toBe("held");
    expect(observeLease(first, found(1), 5_000 + leaseStaleMs)[1].kind).toBe("stale");
    const [second] = observeLease(first, found(2), 30_000);
    expect(second).toEqual({ revision: 2, since: 30_000 });
    expect(observeLease(second, found(2), 59_999)[1].kind).toBe("held");
  });

  test("finds a key free that is absent or a marker, and takes nothing unknown for free", () => {
    verifies("REG-19", "REG-8");
    const absent = { kind: "absent", key: "k", revision: 4 } as const;
    expect(observeLease(undefined, absent, 0)).toEqual([
      { revision: 4, since: 0 },
      { kind: "free", standing: absent },
    ]);
    const error = new CotalError("unreachable", "no connection");
    const unknown: Lookup<LeaseRecord>[] = [
      { kind: "undecodable", key: "k", revision: 3, reason: "v" },
      { kind: "denied", key: "k", error },
      { kind: "unreachable", key: "k", error },
    ];
    for (const lookup of unknown) expect(() => observeLease(undefined, lookup, 0)).toThrow(CotalError);
  });

  test("never calls a lease stale that changed within 30 s, whatever times it holds", () => {
    verifies("REG-18");
    const look = fc.record({ waitMs: fc.nat(40_000), renewed: fc.boolean(), since: fc.nat() });
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        let [now, revision, changedAt] = [0, 1, 0];
        let [sight] = observeLease(undefined, found(1), 0);
        for (const { waitMs, renewed, since } of looks) {
          now += waitMs;
          if (renewed) [revision, changedAt] = [revision + 1, now];
          const lookup = { ...found(revision), value: { ...record, since } } as Lookup<LeaseRecord>;
          const [next, standing] = observeLease(sight, lookup, now);
          expect(standing.kind).toBe(now - changedAt >= leaseStaleMs ? "stale" : "held");
          sight = next;
        }
      }),
    );
  });
});
