import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { driftsOf, type StreamUse } from "../src/drift.ts";
import { spaceTable } from "../src/space-table.ts";
import type { StreamConfig, StreamSpec } from "../src/stream-spec.ts";

const rows = spaceTable({ space: asToken("space", "acme"), shards: 1, mode: "auth" });
const limit = fc.constantFrom(-1, 1, 2, 1_000);
const nullable = fc.constantFrom(null, {});

const config: fc.Arbitrary<StreamConfig> = fc.record({
  subjects: fc.subarray(["in.*.a", "in.(other).a", "a", "b"]),
  subject_transform: fc.constantFrom(null, { src: "in.*.>", dest: ">" }),
  retention: fc.constantFrom("limits", "workqueue", "interest"),
  storage: fc.constantFrom("file", "memory"),
  num_replicas: fc.constantFrom(1, 3),
  discard: fc.constantFrom("old", "new"),
  discard_new_per_subject: fc.boolean(),
  max_bytes: limit,
  max_age: fc.constantFrom(0, 1, 1_000),
  max_msgs: limit,
  max_msgs_per_subject: limit,
  max_msg_size: limit,
  duplicate_window: fc.constantFrom(1, 2),
  allow_direct: fc.boolean(),
  allow_rollup_hdrs: fc.boolean(),
  allow_atomic: fc.boolean(),
  allow_msg_ttl: fc.boolean(),
  allow_msg_schedules: fc.boolean(),
  subject_delete_marker_ttl: fc.constantFrom(0, 1),
  deny_delete: fc.boolean(),
  deny_purge: fc.boolean(),
  no_ack: fc.boolean(),
  mirror: nullable,
  sources: fc.constantFrom(null, [{}]),
  republish: nullable,
});
const full: StreamUse = { bytes: 1e12, messages: 1e6, subjects: 1, ageNs: 1e18 };
const empty: StreamUse = { bytes: 0, messages: 0, subjects: 0, ageNs: 0 };
const specOf = (want: StreamConfig): StreamSpec => ({ name: "S", config: want });

describe("drift", () => {
  test("is exactly the fields that differ", () => {
    verifies("REG-35");
    fc.assert(
      fc.property(config, config, (want, have) => {
        const drifts = driftsOf(specOf(want), have, full);
        const differ = (Object.keys(want) as (keyof StreamConfig)[]).filter(
          (field) => JSON.stringify(want[field]) !== JSON.stringify(have[field]),
        );
        expect(drifts.map(({ field }) => field).sort()).toEqual(differ.sort());
        for (const { field, ...drift } of drifts) {
          expect(drift).toMatchObject({ stream: "S", want: want[field], have: have[field] });
        }
      }),
    );
  });

  test("of a full stream is repaired in one direction at most, atomic writes and subjects excepted", () => {
    verifies("REG-35");
    fc.assert(
      fc.property(config, config, (one, other) => {
        const repaired = (want: StreamConfig, have: StreamConfig) =>
          driftsOf(specOf(want), have, full)
            .filter(({ action }) => action === "repair")
            .map(({ field }) => field);
        const back = new Set(repaired(other, one));
        const both = repaired(one, other).filter((field) => back.has(field));
        expect(both.filter((field) => field !== "allow_atomic" && field !== "subjects")).toEqual([]);
      }),
    );
  });

  test("that only more room could cause is refused no less when the stream is full than when it is empty", () => {
    fc.assert(
      fc.property(config, config, (want, have) => {
        const refused = (use: StreamUse) =>
          driftsOf(specOf(want), have, use).filter(({ action }) => action === "refuse");
        expect(refused(full)).toEqual(expect.arrayContaining(refused(empty)));
      }),
    );
  });

  test("is refused for a stream that also listens for a second secret, whose writers would be shut out", () => {
    verifies("REG-35");
    for (const row of rows) {
      const subjects = [...row.config.subjects, "in.(other).x"];
      expect(driftsOf(row, { ...row.config, subjects }, empty)).toMatchObject([
        { field: "subjects", action: "refuse" },
      ]);
    }
  });

  test("is none between a row and itself, and stored data never changes its home or its retention", () => {
    for (const row of rows) {
      expect(driftsOf(row, row.config, full)).toEqual([]);
      const moved = { ...row.config, storage: "other", retention: "other" } as unknown as StreamConfig;
      expect(driftsOf(row, moved, empty).map(({ action }) => action)).toEqual(["refuse", "refuse"]);
    }
  });
});
