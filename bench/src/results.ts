import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { processors } from "./cpu.ts";
import { jsonLines, markdown, type RunFacts } from "./report.ts";
import type { Size } from "./row.ts";
import type { RowResult } from "./run-row.ts";

export const resultsFolder: string = fileURLToPath(new URL("../results", import.meta.url));

export function factsOfRun(size: Size, now: Date): RunFacts {
  return {
    date: now.toISOString(),
    node: process.version,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    processors,
    size,
  };
}

/** Keeps a run as JSON lines and as Markdown, under its date; answers the common part of both paths. */
export function saveResults(folder: string, facts: RunFacts, results: readonly RowResult[]): string {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${facts.date.replaceAll(":", "-")}`;
  writeFileSync(`${path}.jsonl`, jsonLines(facts, results));
  writeFileSync(`${path}.md`, markdown(facts, results));
  return path;
}
