import { namesOf, readArguments } from "./arguments.ts";
import { jsonLines, markdown } from "./report.ts";
import { factsOfRun, saveResults } from "./results.ts";
import type { Row } from "./row.ts";
import { type RowResult, runRow } from "./run-row.ts";

export interface Surroundings {
  readonly rows: readonly Row[];
  readonly resultsFolder: string;
  /** Results. */
  readonly print: (text: string) => void;
  /** Everything else. */
  readonly tell: (text: string) => void;
}

/** Runs what the command line asks for and answers the exit code: 1 for a missed gate, 2 for a bad request. */
export async function main(
  given: readonly string[],
  { rows, resultsFolder, print, tell }: Surroundings,
): Promise<number> {
  const wanted = readArguments(given, rows);
  if (wanted.kind === "refused") {
    tell(`${wanted.reason}\n\n${usage(rows)}`);
    return 2;
  }
  if (wanted.kind === "help") {
    print(usage(rows));
    return 0;
  }
  const size = wanted.quick ? "smoke" : "full";
  const facts = factsOfRun(size, new Date());
  const results: RowResult[] = [];
  for (const row of wanted.rows) results.push(await runRow(row, { size }));
  print(wanted.json ? jsonLines(facts, results) : markdown(facts, results));
  tell(`kept in ${saveResults(resultsFolder, facts, results)}.{jsonl,md}\n`);
  const missed = results.flatMap((row) => row.figures).filter((figure) => figure.verdict === "missed");
  for (const { title, ratio, gate } of missed) {
    tell(`missed: ${title}, ratio ${ratio.median.toFixed(2)}, gate ${gate}\n`);
  }
  return wanted.gate && missed.length > 0 ? 1 : 0;
}

function usage(rows: readonly Row[]): string {
  return `pnpm bench [names…] [--gate] [--quick] [--json]

  names    ${namesOf(rows).join(", ")}; all when none is given
  --gate   exit 1 when a gate is missed
  --quick  one small round that shows that everything completes; gates nothing
  --json   print JSON lines instead of tables
`;
}
