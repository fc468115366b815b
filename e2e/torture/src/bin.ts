import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CotalError } from "@cotal/subjects";
import { publishedProgram } from "@cotal/tools/published-program";
import { readArguments, type TortureArguments } from "./arguments.ts";
import { play } from "./play.ts";
import { linesOf, replayOf } from "./report.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function torture({ seed, seconds, faults }: TortureArguments): Promise<boolean> {
  print(`seed ${seed}, ${seconds} s`);
  await using program = await publishedProgram("cotal");
  const folder = await mkdtemp(join(tmpdir(), "cotal-torture-"));
  const began = performance.now();
  const clockOf = (): string => `${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s`;
  let isKept = false;
  try {
    const outcome = await play({
      program: program.path,
      folder,
      seed,
      seconds,
      faults,
      onStep: (text) => print(`${clockOf()}  ${text}`),
      signal: interrupted(),
    });
    for (const line of linesOf(outcome)) print(line);
    isKept = outcome.violations.length === 0;
    if (!isKept) {
      await writeFile(join(folder, "outcome.json"), `${JSON.stringify({ seconds, ...outcome }, null, 2)}\n`);
      print(`again       ${replayOf({ seed, seconds, faults })}`);
    }
  } finally {
    if (isKept) await rm(folder, { recursive: true });
    else print(`what everybody has noted, and the store, lie in ${folder}`);
  }
  return isKept;
}

/** The first Ctrl-C mends and ends what runs, a second one ends this program at once. */
function interrupted(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => interruption.abort(new CotalError("interrupted", "the play was interrupted")));
  return interruption.signal;
}

try {
  const isKept = await torture(readArguments(process.argv.slice(2)));
  process.exitCode = isKept ? 0 : 1;
} catch (error) {
  if (!(error instanceof CotalError)) throw error;
  process.stderr.write(`${[error.message, error.hint].join("\n").trim()}\n`);
  process.exitCode = error.code === "usage" ? 2 : 130;
}
