import type { Violation } from "../violation.ts";
import type { PlayWitness, TestWitness } from "./seeded-bug.ts";

/** What a witness says of the sources: nothing is wrong, something is, or nothing that could be understood. */
export type Testimony =
  | { readonly kind: "clean" }
  | { readonly kind: "caught"; readonly by: string }
  | { readonly kind: "unclear"; readonly why: string };

export function testimonyOfPlay(
  violations: readonly Violation[],
  { caughtAs }: Pick<PlayWitness, "caughtAs">,
): Testimony {
  const [any] = violations;
  if (any === undefined) return { kind: "clean" };
  const due = violations.find(({ of }) => caughtAs.includes(of));
  if (due !== undefined) return { kind: "caught", by: shortOf(due) };
  return { kind: "unclear", why: `the play found something else: ${shortOf(any)}` };
}

function shortOf({ of, text }: Violation): string {
  return `${of}: ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

/** What the runner writes down. */
export interface TestResults {
  readonly testResults: readonly {
    /** Why the file as a whole failed. */
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/** One that is red says it for all; one that was not run says nothing, so that nothing is known. */
export function testimonyOfTests(
  { testResults }: TestResults,
  tests: readonly Pick<TestWitness, "testName">[],
): Testimony {
  const asked = new Set(tests.map(({ testName }) => testName));
  const ran = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ title, status }) => asked.has(title) && (status === "passed" || status === "failed"));
  const silent = [...asked].filter((name) => !ran.some(({ title }) => title === name));
  if (silent.length > 0) {
    const messages = testResults.map(({ message }) => message).filter((message) => message !== "");
    return { kind: "unclear", why: [`not run: ${silent.join("; ")}`, ...messages].join("\n") };
  }
  const red = new Set(ran.filter(({ status }) => status === "failed").map(({ title }) => title));
  return red.size === 0 ? { kind: "clean" } : { kind: "caught", by: `test: ${[...red].join("; ")}` };
}
