import { CotalError } from "@cotal/subjects";
import { readBugArguments } from "./arguments.ts";
import { bugs } from "./bugs.ts";
import { controlLine, documentOf, findingLine, isCaught, totalLine } from "./report.ts";
import { runBugs } from "./run-bugs.ts";

async function torture(words: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { chosen, json } = readBugArguments(words, bugs);
  const write = (text: string): void => void process.stdout.write(`${text}\n`);
  const tell = json ? () => undefined : write;
  const run = await runBugs(chosen, {
    signal,
    onControl: (control) => tell(controlLine(control)),
    onFinding: (finding) => tell(findingLine(finding)),
  });
  const { control, findings } = run;
  write(json ? JSON.stringify(documentOf(run)) : totalLine(findings));
  return control.kind === "clean" && findings.every(isCaught);
}

const asked = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => asked.abort());
try {
  process.exitCode = (await torture(process.argv.slice(2), asked.signal)) ? 0 : 1;
} catch (error) {
  const isMisused = error instanceof CotalError && error.code === "usage";
  if (!isMisused && !asked.signal.aborted) throw error;
  if (isMisused) process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = isMisused ? 2 : 130;
}
