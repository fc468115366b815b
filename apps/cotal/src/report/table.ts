import type { Line, Span } from "./line.ts";
import { toned } from "./line.ts";
import { printable } from "./printable.ts";

export type Cell = string | Span;

/** Rows of cells under the names of their columns. */
export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export function table(names: readonly string[], rows: Table["rows"]): Table[] {
  return [{ names, rows }];
}

export function isTable(line: Line | Table): line is Table {
  return typeof line === "object" && "rows" in line;
}

/** In columns; where these would be wider than the terminal, each row is a block of its own. */
export function tableLines(shown: Table, columns: number): Line[] {
  const lines = inColumns(shown);
  return Math.max(...lines.map(widthOf)) <= columns ? lines : inBlocks(shown);
}

/** The last column is as wide as it comes. */
function inColumns({ names, rows }: Table): Cell[][] {
  const head = names.map((name) => toned("dim", name));
  const widths = names.map((_, at) => Math.max(...[head, ...rows].map((row) => lengthOf(row[at] ?? ""))));
  const isLast = (at: number): boolean => at === names.length - 1;
  return [head, ...rows].map((row) =>
    row.flatMap((cell, at): Cell[] => {
      const room = isLast(at) ? 0 : (widths[at] ?? 0) - lengthOf(cell) + 2;
      return [cell, " ".repeat(room)];
    }),
  );
}

/** Under the first cell the others that hold something, by name. */
function inBlocks({ names, rows }: Table): Line[] {
  const width = Math.max(...names.slice(1).map((name) => name.length));
  return rows.flatMap(([first = "", ...others]) => [
    [first],
    ...others.flatMap((cell, at): Line[] => {
      if (lengthOf(cell) === 0) return [];
      return [[toned("dim", `  ${(names[at + 1] ?? "").padEnd(width)}  `), cell]];
    }),
  ]);
}

function widthOf(row: readonly Cell[]): number {
  return row.reduce((sum, cell) => sum + lengthOf(cell), 0);
}

function lengthOf(cell: Cell): number {
  return printable(typeof cell === "string" ? cell : cell.text).length;
}
