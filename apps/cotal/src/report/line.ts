import { printable } from "./printable.ts";

/** How a piece of text is meant; a terminal with colours shows it. */
export type Tone = "strong" | "dim" | "good" | "warn" | "bad";

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of output, of plain and of toned pieces. */
export type Line = string | readonly (string | Span)[];

export function toned(tone: Tone, text: string): Span {
  return { tone, text };
}

/** The line as text. Only what stands here gives a terminal orders. */
export function renderLine(line: Line, colours: boolean): string {
  const pieces = typeof line === "string" ? [line] : line;
  return pieces.map((piece) => renderPiece(piece, colours)).join("");
}

/** Names and values in two columns. */
export function facts(rows: readonly (readonly [name: string, ...value: (string | Span)[]])[]): Line[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, ...value]) => [toned("dim", name.padEnd(width + 2)), ...value]);
}

const codes: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  strong: [1, 22],
  dim: [2, 22],
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
};

function renderPiece(piece: string | Span, colours: boolean): string {
  if (typeof piece === "string") return printable(piece);
  const text = printable(piece.text);
  const [on, off] = codes[piece.tone];
  return colours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
