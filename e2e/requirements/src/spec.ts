import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One rule of docs/spec: a list item that opens with its bold id, `- **WIRE-12** …`. */
export interface Requirement {
  readonly id: string;
  readonly file: string;
  /** Its chapter or section is marked *(planned)*: it needs no test yet. */
  readonly planned: boolean;
}

const rule = /^\s*- \*\*([A-Z]+-\d+)\*\*/;
const heading = /^(#{1,6}) (.*)$/;

/** The rules of one chapter. A heading that ends with *(planned)* marks everything below it. */
export function readChapter(file: string, text: string): Requirement[] {
  const found: Requirement[] = [];
  let plannedFrom = Number.POSITIVE_INFINITY;
  for (const line of text.split("\n")) {
    const [, marks, title] = heading.exec(line) ?? [];
    if (marks !== undefined && title !== undefined) {
      if (marks.length <= plannedFrom) plannedFrom = Number.POSITIVE_INFINITY;
      if (title.trimEnd().endsWith("*(planned)*")) plannedFrom = Math.min(plannedFrom, marks.length);
    }
    const id = rule.exec(line)?.[1];
    if (id !== undefined) found.push({ id, file, planned: plannedFrom !== Number.POSITIVE_INFINITY });
  }
  return found;
}

/** All rules of a folder of chapters; an id that stands twice is refused. */
export function readSpec(folder: string): Map<string, Requirement> {
  const spec = new Map<string, Requirement>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".md"))) {
    for (const requirement of readChapter(file, readFileSync(`${folder}/${file}`, "utf8"))) {
      const first = spec.get(requirement.id);
      if (first) throw new Error(`${requirement.id} stands in ${first.file} and in ${file}`);
      spec.set(requirement.id, requirement);
    }
  }
  return spec;
}

export const specFolder: string = fileURLToPath(new URL("../../../docs/spec", import.meta.url));
