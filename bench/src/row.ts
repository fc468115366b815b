/**
 * One row of the table of benchmarks: a workload whose figures are ratios of ours to a raw reference. It
 * opens what it needs; the runner owns the rounds.
 */
export interface Row {
  /** `B11`. */
  readonly id: string;
  readonly title: string;
  /** Rows of one suite run by one name, `pure`. */
  readonly suite: string;
  /** Recorded rounds; 5 unless told. */
  readonly rounds?: number;
  open(size: Size): Promise<OpenRow>;
}

/** `smoke` shows that a row completes; its numbers mean nothing. */
export type Size = "full" | "smoke";

export interface OpenRow extends AsyncDisposable {
  readonly comparisons: readonly Comparison[];
  /** Processes of its own besides this one; their load is not foreign. */
  readonly processes?: readonly number[];
}

export interface Comparison {
  readonly title: string;
  /** What the raw side does. */
  readonly rawTitle: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** The ratio ours/raw that must be kept; none when a figure only informs. */
  readonly gate?: number;
  /** What is wished for, in words: it is printed and fails nothing. */
  readonly aim?: string;
  /** One round of each side, in `unit`. A side checks its own work and throws when it was not done. */
  readonly ours: Side;
  readonly raw: Side;
}

export type Side = () => number | Promise<number>;
