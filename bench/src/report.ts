import type { Figure } from "./figure.ts";
import type { RowResult } from "./run-row.ts";
import type { Spread } from "./statistics.ts";

/** Where and how the rows were run. */
export interface RunFacts {
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly processors: number;
  readonly size: "full" | "smoke";
}

/** One line for the run and one for each figure. */
export function jsonLines(facts: RunFacts, results: readonly RowResult[]): string {
  const figures = results.flatMap(({ figures, ...row }) => figures.map((figure) => ({ ...row, figure })));
  return [facts, ...figures].map((line) => `${JSON.stringify(line)}\n`).join("");
}

export function markdown(facts: RunFacts, results: readonly RowResult[]): string {
  const run = `Node ${facts.node}, ${facts.processors} × ${facts.processor}, ${facts.date}${facts.size === "smoke" ? ", quick: the numbers mean nothing" : ""}`;
  return `${[run, ...results.map(section)].join("\n\n")}\n`;
}

const heads = ["figure", "raw", "unit", "ours", "raw", "ratio", "gate", "aim", "verdict"];

function section(row: RowResult): string {
  const lines = [heads, heads.map(() => "---"), ...row.figures.map(cells)];
  const table = lines.map((line) => `| ${line.join(" | ")} |`);
  return [`## ${row.id} ${row.title}`, "", ...table, "", roundsOf(row)].join("\n");
}

function cells(figure: Figure): string[] {
  const { title, rawTitle, unit, ours, raw, ratio, aim = "–", verdict } = figure;
  return [title, rawTitle, unit, spread(ours), spread(raw), spread(ratio), gateOf(figure), aim, verdict];
}

function gateOf({ gate, better }: Figure): string {
  return gate === undefined ? "–" : `${better === "lower" ? "≤" : "≥"} ${gate}`;
}

function roundsOf({ rounds, disturbed }: RowResult): string {
  const quiet = "median (min–max); the ratio is taken in each round";
  if (disturbed === null) return `${rounds} rounds, ${quiet}. The load of others cannot be seen here.`;
  return `${rounds} rounds, ${disturbed} of them disturbed by others, ${quiet}.`;
}

function spread({ median, min, max }: Spread): string {
  return `${short(median)} (${short(min)}–${short(max)})`;
}

/** Three digits that count. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
