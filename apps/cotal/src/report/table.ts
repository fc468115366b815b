import type { Line, Span } from "./line.ts";
import { toned } from "./line.ts";
import { printable } from "./printable.ts";

export type Cell = string | Span;

/** Rows in columns, under their names; the last column is as wide as it comes. */
export function table(names: readonly string[], rows: readonly (readonly Cell[])[]): Line[] {
  const head = names.map((name) => toned("dim", name));
  const widths = names.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => printable(textOf(row[at] ?? "")).length)),
  );
  const isLast = (at: number): boolean => at === names.length - 1;
  return [head, ...rows].map((row) =>
    row.flatMap((cell, at): Cell[] => {
      const room = isLast(at) ? 0 : (widths[at] ?? 0) - printable(textOf(cell)).length + 2;
      return [cell, " ".repeat(room)];
    }),
  );
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}
