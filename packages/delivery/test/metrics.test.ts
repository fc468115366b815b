import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShardReport } from "../src/engine-shard.ts";
import { shardMetrics } from "../src/metrics.ts";
import { serveMetrics } from "../src/metrics-server.ts";
import { formatMetrics, metricsContentType } from "../src/metrics-text.ts";
import { newShardStats } from "../src/shard-stats.ts";

const ready: ShardReport = {
  shard: 1,
  holder: "h",
  version: "1",
  state: "ready",
  epoch: 4,
  since: 0,
  stats: {
    ...newShardStats(),
    position: 90,
    chatLast: 100,
    copies: 7,
    drops: { "not-allowed": 2 },
    commitMs: { last: 1.5, sum: 2_000 },
    oldestUnacked: [{ owner: "U1", ageMs: 60_000 }],
  },
};
const seeking: ShardReport = { shard: 0, holder: "h", version: "1", state: "seeking", since: 0 };

describe("the metrics of shards", () => {
  test("say of each shard what is known, and nothing of what is not", () => {
    verifies("DLV-88");
    const text = formatMetrics(shardMetrics([seeking, ready]));
    const lines = text.split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        'cotal_delivery_lead{shard="0",state="seeking"} 1',
        'cotal_delivery_lead{shard="1",state="ready"} 1',
        'cotal_delivery_lead{shard="1",state="failed"} 0',
        'cotal_delivery_lag_posts{shard="1"} 10',
        'cotal_delivery_copies_total{shard="1"} 7',
        'cotal_delivery_drops_total{shard="1",reason="not-allowed"} 2',
        'cotal_delivery_commit_seconds{shard="1"} 0.0015',
        'cotal_delivery_oldest_unacked_seconds{shard="1",owner="U1"} 60',
        "# TYPE cotal_delivery_copies_total counter",
      ]),
    );
    expect(lines.filter((line) => line.includes('copies_total{shard="0"'))).toEqual([]);
  });

  test("are written so that any text comes back as it was", () => {
    verifies("DLV-89");
    fc.assert(
      fc.property(fc.string(), (value) => {
        const samples = [{ labels: { reason: value }, value: 1 }];
        const [, , line = ""] = formatMetrics([{ name: "m", help: value, type: "gauge", samples }]).split(
          "\n",
        );
        const [, raw = ""] = /^m\{reason="((?:[^"\\\n]|\\["\\n])*)"\} 1$/.exec(line) ?? [];
        expect(raw.replace(/\\(.)/g, (_, one) => (one === "n" ? "\n" : one))).toBe(value);
      }),
    );
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, 0.5];
    const samples = odd.map((value) => ({ labels: {}, value }));
    expect(
      formatMetrics([{ name: "m", help: "", type: "gauge", samples }])
        .split("\n")
        .slice(2),
    ).toEqual(["m NaN", "m +Inf", "m -Inf", "m 1e+21", "m 0.5", ""]);
  });
});

describe("the port of the metrics", () => {
  test("serves them as text and as data, to this machine alone", async () => {
    verifies("DLV-89");
    await using server = await serveMetrics({ port: 0, report: () => [ready] });
    const text = await fetch(`${server.url}/metrics`);
    expect(text.headers.get("content-type")).toBe(metricsContentType);
    expect(await text.text()).toContain('cotal_delivery_position{shard="1"} 90');
    const data = await fetch(`${server.url}/metrics.json`);
    expect(await data.json()).toMatchObject({ shards: [{ shard: 1, stats: { copies: 7 } }] });
    expect((await fetch(`${server.url}/other`)).status).toBe(404);
    expect((await fetch(`${server.url}/metrics`, { method: "POST" })).status).toBe(405);

    const { port } = new URL(server.url);
    await expect(serveMetrics({ port: Number(port), report: () => [] })).rejects.toMatchObject({
      code: "port-taken",
    });
    for (const host of ["0.0.0.0", "::", "192.0.2.1", ""]) {
      await expect(serveMetrics({ port: 0, host, report: () => [] })).rejects.toMatchObject({
        code: "bad-address",
      });
    }
  });
});
