import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { expect, test } from "vitest";
import { maxShards, partition } from "../src/index.ts";
import { anyOwner } from "./arbitraries.ts";
import { refusalOf } from "./refusal.ts";

test("the hash is the published 32-bit FNV-1a", () => {
  verifies("SUBJ-21");
  const all = 2 ** 32;
  expect(partition(all, "")).toBe(0x811c9dc5);
  expect(partition(all, "a")).toBe(0xe40c292c);
  expect(partition(all, "foobar")).toBe(0xbf9cf968);
});

test("an owner stays in the shard in which its copies lie", () => {
  verifies("SUBJ-21");
  const owners = [
    `UA${"B".repeat(54)}`,
    `UB${"2".repeat(54)}`,
    "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
  ];
  expect([1, 2, 4, 7, 64].map((count) => owners.map((owner) => partition(count, owner)))).toEqual([
    [0, 0, 0],
    [1, 0, 1],
    [3, 2, 1],
    [6, 3, 3],
    [35, 2, 33],
  ]);
});

test("every key has a shard, and ids are spread evenly", () => {
  verifies("SUBJ-21");
  for (const count of [2, 3, 8, maxShards]) {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        const shard = partition(count, key);
        expect(Number.isInteger(shard) && shard >= 0 && shard < count).toBe(true);
      }),
    );
  }
  const owners = fc.sample(anyOwner, { numRuns: 8000, seed: 1 });
  for (const count of [2, 4, 8]) {
    const sizes = new Array<number>(count).fill(0);
    for (const owner of owners) sizes[partition(count, owner)] = (sizes[partition(count, owner)] ?? 0) + 1;
    for (const size of sizes) expect(Math.abs((size * count) / owners.length - 1)).toBeLessThan(0.15);
  }
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("%d is no number of shards", (count) => {
  expect(refusalOf(() => partition(count, "a")).code).toBe("bad-number");
});
