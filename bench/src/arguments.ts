import { parseArgs } from "node:util";
import type { Row } from "./row.ts";

export type Arguments =
  | {
      readonly kind: "run";
      readonly rows: readonly Row[];
      readonly gate: boolean;
      readonly quick: boolean;
      readonly json: boolean;
    }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly reason: string };

/** What the command line asks for. A name is a row's id or a suite; none means all rows. */
export function readArguments(given: readonly string[], rows: readonly Row[]): Arguments {
  const read = readOptions(given);
  if (typeof read === "string") return { kind: "refused", reason: read };
  const { values, positionals } = read;
  if (values.help) return { kind: "help" };
  const unknown = positionals.find((name) => !rows.some((row) => isNamed(row, name)));
  if (unknown !== undefined) {
    return {
      kind: "refused",
      reason: `there is no benchmark ${JSON.stringify(unknown)}; there are ${namesOf(rows).join(", ")}`,
    };
  }
  if (values.quick && values.gate)
    return { kind: "refused", reason: "--quick gates nothing, leave out --gate" };
  const chosen = rows.filter(
    (row) => positionals.length === 0 || positionals.some((name) => isNamed(row, name)),
  );
  return { kind: "run", rows: chosen, gate: values.gate, quick: values.quick, json: values.json };
}

/** All names that the rows go by. */
export function namesOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => [row.suite, row.id]))];
}

function isNamed(row: Row, name: string): boolean {
  return name === row.suite || name.toUpperCase() === row.id.toUpperCase();
}

const flag = { type: "boolean", default: false } as const;

function readOptions(given: readonly string[]) {
  try {
    const options = { gate: flag, quick: flag, json: flag, help: { ...flag, short: "h" } } as const;
    return parseArgs({ args: [...given], options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}
