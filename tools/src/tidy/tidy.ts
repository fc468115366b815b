import { ambient } from "./ambient.ts";
import { bannedWords } from "./banned-words.ts";
import { catches } from "./catches.ts";
import { classSize } from "./class-size.ts";
import { defaultExports } from "./default-exports.ts";
import { engines } from "./engines.ts";
import { everyTestRuns } from "./every-test-runs.ts";
import { exitsOnlyInBin } from "./exits.ts";
import { fileSize } from "./file-size.ts";
import { functionSize } from "./function-size.ts";
import { inheritance } from "./inheritance.ts";
import { layering } from "./layering.ts";
import { machinePaths } from "./machine-paths.ts";
import { purity } from "./purity.ts";
import { registryHosts } from "./registry-hosts.ts";
import type { Finding, Repo, Rule } from "./rule.ts";
import { timersOnlyInClock } from "./timers.ts";
import { zodImports } from "./zod-imports.ts";

export const rules: readonly Rule[] = [
  fileSize,
  functionSize,
  classSize,
  layering,
  purity,
  timersOnlyInClock,
  catches,
  exitsOnlyInBin,
  ambient,
  machinePaths,
  registryHosts,
  engines,
  inheritance,
  defaultExports,
  bannedWords,
  everyTestRuns,
  zodImports,
];

/** All breaches of all rules, one line each: `path:line rule: what is wrong`. */
export function tidy(repo: Repo): string[] {
  return rules.flatMap((rule) => rule.findings(repo).map((finding) => describe(rule, finding)));
}

function describe({ name }: Rule, { path, line, message }: Finding): string {
  return `${line === undefined ? path : `${path}:${line}`} ${name}: ${message}`;
}
