import { parseArgs } from "node:util";
import { CotalError } from "@cotal/subjects";
import { type FaultName, faultNames } from "./nemesis.ts";

export interface TortureArguments {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly [FaultName, ...FaultName[]] | undefined;
}

/** Reads the words of the command line. A seed that is not given is made up and printed. */
export function readArguments(words: readonly string[]): TortureArguments {
  const { values } = parse(words);
  const minutes = numberOf("minutes", values.minutes ?? "1");
  const seed = numberOf("seed", values.seed ?? String(Date.now() % 2 ** 31));
  return { seed, seconds: minutes * 60, faults: faultsOf(values.faults ?? values.scenario) };
}

function parse(words: readonly string[]): ReturnType<typeof parseKnown> {
  try {
    return parseKnown(words);
  } catch (cause) {
    throw new CotalError("usage", cause instanceof Error ? cause.message : String(cause), { hint, cause });
  }
}

const hint = "pnpm torture [--minutes <n>] [--seed <n>] [--faults <fault>[,<fault>…]]";

function parseKnown(words: readonly string[]) {
  const text = { type: "string" } as const;
  return parseArgs({
    args: [...words],
    options: { minutes: text, seed: text, faults: text, scenario: text },
  });
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0 && text.trim() !== "") return number;
  throw new CotalError("usage", `--${name} is a number, not ${JSON.stringify(text)}`, { hint });
}

function faultsOf(text: string | undefined): TortureArguments["faults"] {
  if (text === undefined) return undefined;
  const [first, ...others] = text.split(",").map((word) => faultOf(word.trim()));
  return first === undefined ? undefined : [first, ...others];
}

function faultOf(word: string): FaultName {
  const found = faultNames.find((name) => name === word);
  if (found !== undefined) return found;
  throw new CotalError("usage", `there is no fault ${JSON.stringify(word)}`, {
    hint: `known are: ${faultNames.join(", ")}`,
  });
}
