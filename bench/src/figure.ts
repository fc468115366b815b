import type { Sample } from "./round.ts";
import type { Comparison, Size } from "./row.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** What one comparison came to over all rounds. */
export interface Figure extends Omit<Comparison, "ours" | "raw"> {
  readonly ours: Spread;
  readonly raw: Spread;
  /** Of the ratios ours/raw, one of each round. */
  readonly ratio: Spread;
  readonly verdict: Verdict;
}

/** `ungated`: it has no gate, or the run was too small to judge. */
export type Verdict = "kept" | "missed" | "ungated";

export function figureOf(comparison: Comparison, samples: readonly Sample[], size: Size): Figure {
  const ratio = spreadOf(samples.map(({ ours, raw }) => ours / raw));
  return {
    ...comparison,
    ours: spreadOf(samples.map(({ ours }) => ours)),
    raw: spreadOf(samples.map(({ raw }) => raw)),
    ratio,
    verdict: size === "smoke" ? "ungated" : verdictOf(comparison, ratio.median),
  };
}

/** A ratio that is no number keeps no gate. */
function verdictOf({ gate, better }: Comparison, ratio: number): Verdict {
  if (gate === undefined) return "ungated";
  return (better === "lower" ? ratio <= gate : ratio >= gate) ? "kept" : "missed";
}
