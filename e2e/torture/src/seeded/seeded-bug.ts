import type { FaultName } from "../nemesis.ts";
import type { Violation } from "../violation.ts";

/** A fault of our own making: one place of the sources that says something else. */
export interface SeededBug extends Replacement {
  readonly name: string;
  /** What is promised and does not hold any more. */
  readonly breaks: string;
  /** What has to find it. */
  readonly shownBy: Witness;
}

export interface Replacement {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

export type Witness = PlayWitness | TestWitness;

export interface PlayWitness {
  readonly kind: "play";
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly [FaultName, ...FaultName[]];
  /** One of these has to be found; another one would be an accident. */
  readonly caughtAs: readonly [Violation["of"], ...Violation["of"][]];
}

export interface TestWitness {
  readonly kind: "test";
  readonly project: "unit" | "contract" | "e2e";
  readonly file: string;
  /** Without the groups it stands in. */
  readonly testName: string;
}

export function unitTest(file: string, testName: string): TestWitness {
  return { kind: "test", project: "unit", file, testName };
}

export function contractTest(file: string, testName: string): TestWitness {
  return { kind: "test", project: "contract", file, testName };
}

export function endToEndTest(file: string, testName: string): TestWitness {
  return { kind: "test", project: "e2e", file, testName };
}

/** The text with the bug in it. */
export function seededText(text: string, { file, from, to }: Replacement): string {
  const [before, after, ...more] = text.split(from);
  if (before !== undefined && after !== undefined && more.length === 0) return `${before}${to}${after}`;
  const found = after === undefined ? "nowhere" : `${more.length + 1} times`;
  throw new Error(`what is to be replaced stands ${found} in ${file}:\n${from}`);
}
