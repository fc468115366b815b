import type { BugRun, Finding } from "./run-bugs.ts";
import type { Testimony } from "./testimony.ts";

export function controlLine(control: Testimony): string {
  if (control.kind === "clean") return "the sources as they are: clean";
  return `the sources as they are: ${reason(control)}\nNothing can be told of bugs before these are clean.`;
}

export function findingLine({ bug, testimony, seconds }: Finding): string {
  const verdict = testimony.kind === "caught" ? "caught    " : "NOT caught";
  return `${verdict}  ${`${seconds} s`.padStart(5)}  ${bug.name}: ${reason(testimony)}`;
}

export function totalLine(findings: readonly Finding[]): string {
  return `${findings.filter(isCaught).length} of ${findings.length} caught`;
}

export function isCaught({ testimony }: Finding): boolean {
  return testimony.kind === "caught";
}

/** For scripts. */
export function documentOf({ control, findings }: BugRun): object {
  return {
    control,
    bugs: findings.map(({ bug: { name, breaks, shownBy }, testimony, seconds }) => {
      return { name, breaks, shownBy, caught: testimony.kind === "caught", what: reason(testimony), seconds };
    }),
  };
}

function reason(testimony: Testimony): string {
  switch (testimony.kind) {
    case "clean":
      return "nothing was found";
    case "caught":
      return testimony.by;
    case "unclear":
      return testimony.why;
  }
}
