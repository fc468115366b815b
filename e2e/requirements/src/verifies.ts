import { indexRules, readRules, specFolder } from "./spec.ts";

const spec = indexRules(readRules(specFolder));

/**
 * Says which rules of docs/spec the running test shows; an id that is not there fails the test.
 * `pnpm check` reads these calls from the source and fails when a built rule is cited by none.
 */
export function verifies(...ids: readonly [string, ...string[]]): void {
  for (const id of ids) {
    if (!spec.has(id)) throw new Error(`${id} is no rule of docs/spec`);
  }
}
