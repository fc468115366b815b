import { parseArgs } from "node:util";
import { CotalError, quoted } from "@cotal/subjects";
import type { SeededBug } from "./seeded-bug.ts";

export interface BugArguments {
  readonly chosen: readonly SeededBug[];
  /** One document in the end rather than lines. */
  readonly json: boolean;
}

const hint = "pnpm torture:bugs [--only <part of a name>] [--json]";

/** Reads the words of the command line. */
export function readBugArguments(words: readonly string[], bugs: readonly SeededBug[]): BugArguments {
  const { only = "", json = false } = parsed(words).values;
  const chosen = bugs.filter(({ name }) => name.includes(only));
  if (chosen.length > 0) return { chosen, json };
  throw new CotalError("usage", `no bug is called ${quoted(only)}`, { hint });
}

function parsed(words: readonly string[]): ReturnType<typeof parseKnown> {
  try {
    return parseKnown(words);
  } catch (cause) {
    throw new CotalError("usage", cause instanceof Error ? cause.message : String(cause), { hint, cause });
  }
}

function parseKnown(words: readonly string[]) {
  return parseArgs({ args: [...words], options: { only: { type: "string" }, json: { type: "boolean" } } });
}
