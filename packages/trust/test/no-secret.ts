import { inspect } from "node:util";
import { expect } from "vitest";

const anySeed = /\bS[OAUN][A-Z2-7]{56}\b/;

/** Looks for seeds, and for these texts, in everything that printing or encoding a value shows. */
export function expectNoSecret(value: unknown, secrets: readonly string[] = []): void {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? value.stack : "",
  ].join("\n");
  expect(shown).not.toMatch(anySeed);
  for (const secret of secrets) expect(shown).not.toContain(secret);
}
