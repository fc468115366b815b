import type { FaultName } from "../nemesis.ts";
import type { PlayWitness, SeededBug, TestWitness } from "./seeded-bug.ts";
import type { Testimony } from "./testimony.ts";
import { askPlay, askTests } from "./witnesses.ts";
import { copyWorkspace, type WorkspaceCopy } from "./workspace-copy.ts";

export interface Finding {
  readonly bug: SeededBug;
  readonly testimony: Testimony;
  readonly seconds: number;
}

export interface BugRun {
  /** What is said of the sources as they are. Unless that is nothing, nothing follows from the rest. */
  readonly control: Testimony;
  readonly findings: readonly Finding[];
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onControl: (control: Testimony) => void;
  readonly onFinding: (finding: Finding) => void;
}

/** Seeds one bug after the other into a copy of the sources, and asks whoever has to find it. */
export async function runBugs(
  bugs: readonly SeededBug[],
  { signal, onControl, onFinding }: RunOptions,
): Promise<BugRun> {
  await using copy = await copyWorkspace(signal);
  // A text that has gone is told before anything is run.
  for (const bug of bugs) await copy.withReplaced(bug, async () => undefined);
  const control = await askControl(copy, bugs);
  onControl(control);
  const findings: Finding[] = [];
  if (control.kind !== "clean") return { control, findings };
  for (const bug of bugs) {
    const began = performance.now();
    const testimony = await copy.withReplaced(bug, () => ask(copy, bug));
    const finding = { bug, testimony, seconds: Math.round((performance.now() - began) / 1_000) };
    onFinding(finding);
    findings.push(finding);
  }
  return { control, findings };
}

function ask(copy: WorkspaceCopy, { shownBy }: SeededBug): Promise<Testimony> {
  return shownBy.kind === "play" ? askPlay(copy, shownBy) : askTests(copy, [shownBy]);
}

/** All the tests, and one play with all that breaks in any of them. */
async function askControl(copy: WorkspaceCopy, bugs: readonly SeededBug[]): Promise<Testimony> {
  const tests = bugs.flatMap(({ shownBy }): TestWitness[] => (shownBy.kind === "test" ? [shownBy] : []));
  const plays = bugs.flatMap(({ shownBy }): PlayWitness[] => (shownBy.kind === "play" ? [shownBy] : []));
  const tested: Testimony = tests.length > 0 ? await askTests(copy, tests) : { kind: "clean" };
  const [first] = plays;
  if (tested.kind !== "clean" || first === undefined) return tested;
  const [fault, ...faults] = new Set<FaultName>(plays.flatMap((play) => play.faults));
  return await askPlay(copy, {
    ...first,
    seconds: Math.max(...plays.map(({ seconds }) => seconds)),
    faults: [fault ?? first.faults[0], ...faults],
  });
}
