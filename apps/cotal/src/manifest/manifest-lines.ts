import { type Line, type Tone, toned } from "../report/line.ts";
import type { Applied } from "./apply.ts";
import type { Plan, Step } from "./plan.ts";

/** A plan, and how far it was carried out: nothing of it in a dry run. */
export interface ManifestReport {
  /** As it was given. */
  readonly file: string;
  readonly plan: Plan;
  readonly applied: readonly Applied[] | undefined;
}

/** For people. */
export function manifestLines({ file, plan, applied }: ManifestReport): Line[] {
  const { steps, left } = plan;
  const lines = steps.map((step, at): Line => {
    const { state = "planned" } = applied?.[at] ?? {};
    const why = step.because.length === 0 ? "" : `: ${step.because.join(", ")}`;
    return [toned(tones[state], words[state].padEnd(13)), `${wordsOf(step)} ${step.name}${why}`];
  });
  if (steps.length === 0) lines.push([toned("good", "in order".padEnd(13)), `all is as ${file} has it`]);
  if (left.length > 0) lines.push([toned("dim", "left".padEnd(13)), `not in ${file}: ${left.join(", ")}`]);
  return lines;
}

/** For programs; without what an agent is given, which may be secret. */
export function manifestDocument({ file, plan, applied }: ManifestReport): object {
  const steps = plan.steps.map(({ what, name, change, because }, at) => {
    const { state = "planned", error } = applied?.[at] ?? {};
    return { what, name, change, because, state, code: error?.code };
  });
  return { file, steps, left: plan.left };
}

type State = Applied["state"] | "planned";

const words: Readonly<Record<State, string>> = {
  done: "done",
  failed: "failed",
  "not-reached": "not-reached",
  planned: "would",
};

const tones: Readonly<Record<State, Tone>> = {
  done: "good",
  failed: "bad",
  "not-reached": "dim",
  planned: "strong",
};

function wordsOf({ what, change }: Step): string {
  if (what === "channel") return "set channel";
  return change === "rights" ? "change the rights of" : `${change} agent`;
}
