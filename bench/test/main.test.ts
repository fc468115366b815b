import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { afterAll, expect, test } from "vitest";
import { main } from "../src/main.ts";
import type { Row } from "../src/row.ts";
import { rows } from "../src/rows/all-rows.ts";
import { pureChecks } from "../src/rows/pure-checks.ts";

const resultsFolder = mkdtempSync(`${tmpdir()}/bench-`);
afterAll(() => rmSync(resultsFolder, { recursive: true }));

/** A row that takes twice as long as its raw side. */
const twice: Row = {
  id: "B0",
  title: "twice",
  suite: "test",
  open: async () => ({
    comparisons: [
      { title: "a", rawTitle: "b", unit: "ns", better: "lower", gate: 1.5, ours: () => 2, raw: () => 1 },
    ],
    async [Symbol.asyncDispose]() {},
  }),
};

async function run(given: readonly string[], rows: readonly Row[]) {
  const printed: string[] = [];
  const told: string[] = [];
  const code = await main(given, {
    rows,
    resultsFolder,
    print: (text) => printed.push(text),
    tell: (text) => told.push(text),
  });
  return { code, printed: printed.join(""), told: told.join("") };
}

test("a missed gate is told, and fails the run only when gates are asked for", async () => {
  verifies("BENCH-1");
  const asked = await run(["test", "--gate"], [twice]);
  expect(asked.code).toBe(1);
  expect(asked.told).toContain("missed: a, ratio 2.00, gate 1.5");
  expect((await run(["test"], [twice])).code).toBe(0);
  expect((await run(["--quick"], [twice])).code).toBe(0);
});

test("a name that is none ends with 2, without a result", async () => {
  const { code, printed, told } = await run(["tset"], [twice]);
  expect([code, printed]).toEqual([2, ""]);
  expect(told).toContain('there is no benchmark "tset"; there are test, B0');
});

test("the row of the pure checks has the gates of the specification", async () => {
  verifies("BENCH-1");
  await using open = await pureChecks.open("smoke");
  expect(open.comparisons.map(({ gate }) => gate)).toEqual([15, 15, 0.8, undefined, 1.6]);
});

test("help is printed", async () => {
  expect(await run(["--help"], [twice])).toMatchObject({ code: 0, told: "" });
});

test("the quick run of the pure checks completes and keeps its results", async () => {
  const { code, printed } = await run(["pure", "--quick", "--json"], rows);
  expect(code).toBe(0);
  const [facts, ...figures] = printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(facts.size).toBe("smoke");
  expect(figures.map(({ id }) => id)).toEqual(["B11", "B11", "B11", "B11", "B11"]);
  for (const { figure } of figures) expect(figure.ratio.median).toBeGreaterThan(0);
  expect(readdirSync(resultsFolder)).toContain(`${facts.date.replaceAll(":", "-")}.jsonl`);
});

test("the program ends with the exit code", () => {
  const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
  const given = ["--import", "tsx", "--conditions", "cotal-source", bin, "tset"];
  const program = spawnSync(process.execPath, given, { encoding: "utf8", timeout: 100_000 });
  expect(program.stderr).toContain("there is no benchmark");
  expect(program.status).toBe(2);
});
