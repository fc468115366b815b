import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CotalError } from "@cotal/subjects";
import { publishedProgram } from "@cotal/tools/published-program";
import { readArguments, type TortureArguments } from "./arguments.ts";
import { play } from "./play.ts";
import { linesOf } from "./report.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function torture({ seed, seconds, faults }: TortureArguments): Promise<boolean> {
  print(`seed ${seed}, ${seconds} s`);
  await using program = await publishedProgram("cotal");
  const folder = await mkdtemp(join(tmpdir(), "cotal-torture-"));
  const began = performance.now();
  const clockOf = (): string => `${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s`;
  const outcome = await play({
    program: program.path,
    folder,
    seed,
    seconds,
    faults,
    onStep: (text) => print(`${clockOf()}  ${text}`),
  });
  for (const line of linesOf(outcome)) print(line);
  if (outcome.violations.length === 0) await rm(folder, { recursive: true });
  else print(`what everybody has noted, and the store, lie in ${folder}`);
  return outcome.violations.length === 0;
}

try {
  const isKept = await torture(readArguments(process.argv.slice(2)));
  process.exitCode = isKept ? 0 : 1;
} catch (error) {
  if (!(error instanceof CotalError && error.code === "usage")) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = 2;
}
