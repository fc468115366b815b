/** What one check found: nothing, or what is wrong in words that lead to the fault. */
export interface Report {
  readonly ok: boolean;
  readonly output: string;
}

export interface Check {
  readonly name: string;
  readonly run: () => Promise<Report>;
}

export interface Result extends Report {
  readonly name: string;
  readonly durationMs: number;
}

/** Runs every check, one after the other, also when one fails or throws. */
export async function runChecks(
  checks: readonly Check[],
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, run } of checks) {
    const startedAt = performance.now();
    const report = await run().catch((error: unknown) => ({ ok: false, output: describe(error) }));
    const result = { name, ...report, durationMs: Math.round(performance.now() - startedAt) };
    onResult(result);
    results.push(result);
  }
  return results;
}

/** A report of faults; without faults the summary says what was looked at. */
export function reportOf(faults: readonly string[], summary = ""): Report {
  const output = [...faults, summary].filter((line) => line !== "").join("\n");
  return { ok: faults.length === 0, output };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
