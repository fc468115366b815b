import { verifies } from "@cotal/requirements";
import { asToken, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type SpaceLayout, spaceTable } from "../src/space-table.ts";

const layout: SpaceLayout = { space: asToken("space", "acme"), shards: 2, mode: "auth" };
const MiB = 1024 ** 2;

describe("the table of a space", () => {
  test("is this one", () => {
    verifies("REG-34", "DLV-9");
    expect(spaceTable(layout)).toMatchSnapshot();
  });

  test("gives every stream a byte limit, and a larger space larger ones in the same proportion", () => {
    verifies("REG-28");
    const limits = (storageBytes?: number) =>
      spaceTable({ ...layout, ...(storageBytes !== undefined && { storageBytes }) }).map(
        ({ config }) => config.max_bytes,
      );
    const sum = limits().reduce((total, one) => total + one, 0);
    expect(sum).toBe((1024 + 2 * 256 + 2 * 1024 + 64 + 8 * 16) * MiB);
    expect(limits(sum * 3)).toEqual(limits().map((one) => one * 3));
    for (const storageBytes of [64 * MiB, 1_000_000_007]) {
      const scaled = limits(storageBytes);
      expect(Math.min(...scaled)).toBeGreaterThan(0);
      expect(scaled.reduce((total, one) => total + one, 0)).toBeLessThanOrEqual(storageBytes);
    }
  });

  test("allows direct reads nowhere, and caps the posts of no subject", () => {
    verifies("REG-28", "REG-30");
    const rows = spaceTable(layout);
    expect(rows.filter(({ config }) => config.allow_direct)).toEqual([]);
    expect(rows.find(({ name }) => name === "CHAT_acme")?.config).toMatchObject({
      max_msgs: -1,
      max_msgs_per_subject: -1,
    });
  });

  test("has work queues where nothing fences them: in an open space, and for copies on one server", () => {
    verifies("DLV-8");
    const queues = (extra: Partial<SpaceLayout>) =>
      spaceTable({ ...layout, ...extra })
        .filter(({ config }) => config.retention === "workqueue")
        .map(({ name }) => name);
    expect(queues({})).toEqual(["DLV_acme_0", "DLV_acme_1"]);
    expect(queues({ mode: "open", replicas: 3 })).toEqual(["DM_acme", "TASK_acme"]);
  });

  test.each<[string, Partial<SpaceLayout>]>([
    ["no shard", { shards: 0 }],
    ["half a shard", { shards: 1.5 }],
    ["too many shards", { shards: 1025 }],
    ["two replicas", { replicas: 2 as never }],
    ["hardly any storage", { storageBytes: 1 }],
    ["storage that is no number", { storageBytes: Number.NaN }],
    ["a space that is no name", { space: "a.b" as never }],
  ])("is refused for %s", (_, extra) => {
    expect(() => spaceTable({ ...layout, ...extra })).toThrow(CotalError);
  });
});
