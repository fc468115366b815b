import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import type { CpuReading } from "../src/cpu.ts";
import type { Comparison, Row } from "../src/row.ts";
import { runRow } from "../src/run-row.ts";

const quiet = () => null;

/** A row whose sides note their turns and answer the given values, the first of them in the warm-up. */
function scripted(values: { ours: number[]; raw: number[] }, rest: Partial<Comparison> = {}) {
  const played: string[] = [];
  let closed = 0;
  const side = (name: string, list: readonly number[]) => {
    let turn = 0;
    return () => {
      played.push(name);
      return list[turn++ % list.length] ?? Number.NaN;
    };
  };
  const comparison: Comparison = {
    title: "a",
    rawTitle: "b",
    unit: "ns",
    better: "lower",
    ours: side("ours", values.ours),
    raw: side("raw", values.raw),
    ...rest,
  };
  const row: Row = {
    id: "B0",
    title: "scripted",
    suite: "test",
    rounds: 3,
    open: async () => ({
      comparisons: [comparison],
      async [Symbol.asyncDispose]() {
        closed++;
      },
    }),
  };
  return { row, played, closed: () => closed };
}

test("the warm-up is not recorded, and the ratio is taken in each round", async () => {
  const { row } = scripted({ ours: [999, 2, 6, 40], raw: [1, 1, 2, 10] });
  const { figures, rounds } = await runRow(row, { size: "full", readCpu: quiet });
  expect(rounds).toBe(3);
  expect(figures).toMatchObject([
    {
      ours: { median: 6, min: 2, max: 40 },
      raw: { median: 2, min: 1, max: 10 },
      ratio: { median: 3, min: 2, max: 4 },
    },
  ]);
});

test("ours and raw take turns in going first", async () => {
  const { row, played } = scripted({ ours: [1], raw: [1] });
  await runRow(row, { size: "full", readCpu: quiet });
  expect(played).toEqual(["ours", "raw", "raw", "ours", "ours", "raw", "raw", "ours"]);
});

test("each round begins with another comparison and none changes places in the result", async () => {
  const order: number[] = [];
  const comparisons = [0, 1, 2].map((at): Comparison => {
    const ours = () => {
      order.push(at);
      return at;
    };
    return { title: `${at}`, rawTitle: "raw", unit: "ns", better: "lower", ours, raw: () => 1 };
  });
  const row: Row = {
    ...scripted({ ours: [], raw: [] }).row,
    open: async () => ({ comparisons, async [Symbol.asyncDispose]() {} }),
  };
  const { figures } = await runRow(row, { size: "full", readCpu: quiet });
  expect(order).toEqual([0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2]);
  expect(figures.map(({ title, ratio }) => [title, ratio.median])).toEqual([
    ["0", 0],
    ["1", 1],
    ["2", 2],
  ]);
});

test.each([
  ["lower", 1.6, 1.6, "kept"],
  ["lower", 1.6, 1.7, "missed"],
  ["higher", 0.8, 0.8, "kept"],
  ["higher", 0.8, 0.7, "missed"],
  ["lower", undefined, 9, "ungated"],
  ["lower", 1.6, Number.NaN, "missed"],
] as const)(
  "where %s is better, against a gate of %s the ratio %s is %s",
  async (better, gate, ratio, verdict) => {
    const { row } = scripted({ ours: [ratio], raw: [1] }, gate === undefined ? { better } : { better, gate });
    verifies("BENCH-2");
    const { figures } = await runRow(row, { size: "full", readCpu: quiet });
    expect(figures[0]?.verdict).toBe(verdict);
  },
);

test("a smoke run plays one round and judges nothing", async () => {
  const { row, played } = scripted({ ours: [9], raw: [1] }, { gate: 1 });
  const result = await runRow(row, { size: "smoke", readCpu: quiet });
  expect([result.rounds, result.figures[0]?.verdict, played.length]).toEqual([1, "ungated", 4]);
});

test("a disturbed round is repeated twice at most and then reported", async () => {
  const { row, played } = scripted({ ours: [1], raw: [1] });
  let at = 0;
  const busy = (): CpuReading => ({ busy: at++ * 100, idle: at * 10, own: 0 });
  const result = await runRow(row, { size: "full", readCpu: busy });
  expect(result.disturbed).toBe(3);
  expect(played.length).toBe(2 + 3 * 3 * 2);
});

test("a round that is quiet when it is repeated counts as quiet", async () => {
  const { row, played } = scripted({ ours: [1], raw: [1] });
  let reading = 0;
  // The third and fourth reading belong to the first recorded round: only it sees foreign load.
  const readCpu = (): CpuReading => ({ busy: reading++ >= 3 ? 1000 : 0, idle: reading * 100, own: 0 });
  const result = await runRow(row, { size: "full", readCpu });
  expect(result.disturbed).toBe(0);
  expect(played.length).toBe(2 + 4 * 2);
});

test("where the load cannot be seen the result says so", async () => {
  const { row } = scripted({ ours: [1], raw: [1] });
  expect((await runRow(row, { size: "full", readCpu: quiet })).disturbed).toBeNull();
});

test("a row is closed after its rounds, also when a side fails", async () => {
  const failing = scripted({ ours: [1], raw: [1] }, { raw: () => Promise.reject(new Error("not done")) });
  await expect(runRow(failing.row, { size: "full", readCpu: quiet })).rejects.toThrow("not done");
  expect(failing.closed()).toBe(1);
  const fine = scripted({ ours: [1], raw: [1] });
  await runRow(fine.row, { size: "full", readCpu: quiet });
  expect(fine.closed()).toBe(1);
});
