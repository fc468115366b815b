import type { Tree } from "../../repo-of.ts";

/** What a rule must find fault with, and what it must let pass. */
export interface Cases {
  readonly bad: Readonly<Record<string, Tree>>;
  readonly good: Readonly<Record<string, Tree>>;
}

/** One source file of a library. */
export function library(text: string): Tree {
  return { "packages/low/src/a.ts": text };
}

/** One test file of a library. */
export function testFile(text: string): Tree {
  return { "packages/low/test/a.test.ts": text };
}

export function lines(count: number, line = "export const a = 1;"): string {
  return `${Array.from({ length: count }, () => line).join("\n")}\n`;
}
