import type { CotalError } from "@cotal/subjects";
import { codedError } from "../report/coded-error.ts";
import { type Line, type Tone, toned } from "../report/line.ts";

/** What a probe of something that lives has found. */
export interface Check {
  /** Stable, for scripts. */
  readonly id: string;
  readonly verdict: "ok" | "warning" | "failed";
  readonly evidence: string;
  /** The command to type next. */
  readonly next?: string | undefined;
  /** Decides the exit code when it failed. */
  readonly failure?: CotalError | undefined;
}

export function okay(id: string, evidence: string): Check {
  return { id, verdict: "ok", evidence };
}

export function warning(id: string, evidence: string, next: string): Check {
  return { id, verdict: "warning", evidence, next };
}

export function failed(id: string, error: unknown): Check {
  const failure = codedError(error);
  return { id, verdict: "failed", evidence: failure.message, next: failure.hint, failure };
}

const tones: Readonly<Record<Check["verdict"], Tone>> = { ok: "good", warning: "warn", failed: "bad" };

export function checkLines(checks: readonly Check[]): Line[] {
  return checks.flatMap(({ id, verdict, evidence, next }): Line[] => [
    [toned(tones[verdict], verdict.padEnd(9)), id.padEnd(12), evidence],
    ...(verdict === "ok" || next === undefined ? [] : [[toned("dim", `${" ".repeat(21)}next: `), next]]),
  ]);
}

/** What scripts get of a check. */
export function checkDocument({ id, verdict, evidence, next, failure }: Check): object {
  return { id, verdict, evidence, next, code: failure?.code };
}
