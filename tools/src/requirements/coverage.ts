import type { Requirement } from "@cotal/requirements";
import type { Citation } from "./citations.ts";

export interface Coverage {
  readonly faults: readonly string[];
  /** The counts, in one line. */
  readonly summary: string;
}

/** Compares the rules of the specification with what the tests cite. */
export function coverage(rules: readonly Requirement[], citations: readonly Citation[]): Coverage {
  const known = new Map<string, Requirement>();
  const cited = new Set(citations.map(({ id }) => id));
  const faults: string[] = [];
  for (const rule of rules) {
    const first = known.get(rule.id);
    if (first) faults.push(`${at(rule)} ${rule.id} stands already at ${at(first)}`);
    known.set(rule.id, first ?? rule);
    if (!rule.planned && !cited.has(rule.id)) faults.push(`${at(rule)} ${rule.id} is cited by no test`);
  }
  for (const { id, path, line } of citations) {
    if (id === undefined) faults.push(`${path}:${line} cites an id that is not written out`);
    else if (!known.has(id)) faults.push(`${path}:${line} cites ${id}, which is no rule`);
  }
  return { faults, summary: summary(rules, cited) };
}

function summary(rules: readonly Requirement[], cited: ReadonlySet<string | undefined>): string {
  const built = rules.filter(({ planned }) => !planned);
  const shown = built.filter(({ id }) => cited.has(id)).length;
  return `${rules.length} rules: ${shown} of ${built.length} built ones cited, ${rules.length - built.length} planned`;
}

function at({ file, line }: Requirement): string {
  return `docs/spec/${file}:${line}`;
}
