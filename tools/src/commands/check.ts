import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allChecks } from "../checks/all-checks.ts";
import { type Check, type Result, runChecks } from "../checks/check.ts";
import { root } from "../repo/root.ts";

/** Runs the checks, prints each as it ends, leaves `.results/check.json`; the answer is the exit code. */
export async function check(only: readonly string[], print: (text: string) => void): Promise<number> {
  const results = await runChecks(chosen(allChecks(), only), (result) => print(describe(result)));
  const failed = results.filter(({ ok }) => !ok).length;
  const passed = results.length - failed;
  mkdirSync(join(root, ".results"), { recursive: true });
  writeFileSync(
    join(root, ".results/check.json"),
    `${JSON.stringify({ passed, failed, results }, null, 2)}\n`,
  );
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

export function chosen(checks: readonly Check[], only: readonly string[]): readonly Check[] {
  const unknown = only.filter((name) => !checks.some((one) => one.name === name));
  if (unknown.length > 0) {
    const names = checks.map(({ name }) => name).join(", ");
    throw new Error(`there is no check ${unknown.join(", ")}; there are ${names}`);
  }
  return only.length === 0 ? checks : checks.filter(({ name }) => only.includes(name));
}

/** One line for what is well, everything that was said for what is not. */
export function describe({ name, ok, output, durationMs }: Result): string {
  const time = `${(durationMs / 1000).toFixed(1)} s`;
  if (!ok) return `FAILED  ${name} (${time})\n${output.replace(/^/gm, "  ")}`;
  const lines = output.split("\n");
  return `ok      ${name} (${time})${lines.length === 1 && output !== "" ? `: ${output}` : ""}`;
}
