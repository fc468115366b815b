import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One rule of docs/spec: a list item that opens with its bold id, `- **WIRE-12** …`. */
export interface Requirement {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  /** Its chapter or section is marked *(planned)*: it needs no test yet. */
  readonly planned: boolean;
}

export const specFolder: string = fileURLToPath(new URL("../../../docs/spec", import.meta.url));

const rule = /^\s*- \*\*([A-Z]+-[1-9]\d*)\*\* \S/;
const almostRule = /\*\*\s*[A-Za-z]+-\d+/;
const heading = /^(#{1,6}) (.*)$/;
const plannedMark = /([*_])\(planned\)\1\s*$/;
const fence = /^\s*(```|~~~)/;

/**
 * The rules of one chapter. A heading that ends in *(planned)* marks everything below it, down to the next
 * heading of its rank or a higher one. A bold id that opens no list item is refused: nobody would count it.
 */
export function readChapter(file: string, text: string): Requirement[] {
  const found: Requirement[] = [];
  let plannedRank: number | undefined;
  let fenced = false;
  for (const [at, line] of text.split("\n").entries()) {
    if (fence.test(line)) fenced = !fenced;
    if (fenced) continue;
    plannedRank = plannedRankAfter(line, plannedRank);
    const id = rule.exec(line)?.[1];
    if (id !== undefined) found.push({ id, file, line: at + 1, planned: plannedRank !== undefined });
    else if (almostRule.test(line)) {
      throw new Error(`${file}:${at + 1} looks like a rule and is none; write "- **WIRE-12** what holds"`);
    }
  }
  return found;
}

/** The rules of all chapters of a folder, in the order of the files. */
export function readRules(folder: string): Requirement[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .flatMap((name) => readChapter(name, readFileSync(join(folder, name), "utf8")));
}

/** The rules by id; an id that stands twice is refused. */
export function indexRules(rules: readonly Requirement[]): Map<string, Requirement> {
  const byId = new Map<string, Requirement>();
  for (const one of rules) {
    const first = byId.get(one.id);
    if (first) {
      throw new Error(`${one.id} stands twice: ${first.file}:${first.line} and ${one.file}:${one.line}`);
    }
    byId.set(one.id, one);
  }
  return byId;
}

/** The rank of the heading that marks what follows `line` as planned, if one does. */
function plannedRankAfter(line: string, before: number | undefined): number | undefined {
  const [, marks, title] = heading.exec(line) ?? [];
  if (marks === undefined || title === undefined) return before;
  if (before !== undefined && marks.length > before) return before;
  return plannedMark.test(title) ? marks.length : undefined;
}
