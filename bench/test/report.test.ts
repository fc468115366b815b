import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { jsonLines, markdown, type RunFacts } from "../src/report.ts";
import { saveResults } from "../src/results.ts";
import type { RowResult } from "../src/run-row.ts";

const facts: RunFacts = {
  date: "2030-01-02T03:04:05.678Z",
  node: "v20",
  processor: "p",
  processors: 2,
  size: "full",
};
const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });
const result: RowResult = {
  id: "B0",
  title: "a row",
  rounds: 5,
  disturbed: 1,
  figures: [
    {
      title: "x",
      rawTitle: "y",
      unit: "ns",
      better: "lower",
      gate: 1.6,
      aim: "72 ns",
      ours: spread(1234),
      raw: spread(100),
      ratio: spread(12.34),
      verdict: "missed",
    },
    {
      title: "z",
      rawTitle: "y",
      unit: "1/s",
      better: "higher",
      ours: spread(1),
      raw: spread(1),
      ratio: spread(1),
      verdict: "ungated",
    },
  ],
};

test("the table shows both sides, the ratio, the target and the verdict", () => {
  const lines = markdown(facts, [result]).split("\n");
  expect(lines[2]).toBe("## B0 a row");
  expect(lines[6]).toBe(
    "| x | y | ns | 1234 (617–2468) | 100 (50.0–200) | 12.3 (6.17–24.7) | ≤ 1.6 | 72 ns | missed |",
  );
  expect(lines[7]).toContain("| – | – | ungated |");
  expect(lines[9]).toContain("5 rounds, 1 of them disturbed");
});

test("a smoke run says that its numbers mean nothing", () => {
  expect(markdown({ ...facts, size: "smoke" }, [result])).toContain("the numbers mean nothing");
});

test("each line of the JSON form is the run or one figure with its row", () => {
  const lines = jsonLines(facts, [result])
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    facts,
    { id: "B0", title: "a row", rounds: 5, disturbed: 1, figure: result.figures[0] },
    { id: "B0", title: "a row", rounds: 5, disturbed: 1, figure: result.figures[1] },
  ]);
});

test("a run is kept in both forms under its date", () => {
  const folder = mkdtempSync(`${tmpdir()}/bench-`);
  try {
    const path = saveResults(`${folder}/results`, facts, [result]);
    expect(readdirSync(`${folder}/results`)).toEqual([
      "2030-01-02T03-04-05.678Z.jsonl",
      "2030-01-02T03-04-05.678Z.md",
    ]);
    expect(readFileSync(`${path}.jsonl`, "utf8")).toBe(jsonLines(facts, [result]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
