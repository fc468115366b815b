import { createRequire } from "node:module";
import type { Terminal } from "@xterm/headless";
import type { Size } from "./child.ts";

/** What stands on the terminal of an agent, so that who comes later sees it as well. */
export interface Screen {
  feed(bytes: Uint8Array): void;
  resize(size: Size): void;
  /** What draws all of it on an empty terminal: what was fed before the call, and nothing that is fed after it. */
  repaint(): Promise<string>;
  /** The same as plain lines. */
  lines(): Promise<readonly string[]>;
}

export const firstSize: Size = { columns: 80, rows: 24 };
/** Lines that have left the screen at its top. */
const scrollback = 1_000;

/**
 * Lines that a program on pipes writes end without a carriage return. The modules are loaded here, as an agent
 * without a screen has no use for them, and by `require`: loaders differ in what an `import` of them gives.
 */
export function createScreen({ onPipes }: { readonly onPipes: boolean }): Screen {
  const load = createRequire(import.meta.url);
  const { Terminal } = load("@xterm/headless") as typeof import("@xterm/headless");
  const { SerializeAddon } = load("@xterm/addon-serialize") as typeof import("@xterm/addon-serialize");
  const { columns: cols, rows } = firstSize;
  const terminal = new Terminal({ cols, rows, scrollback, convertEol: onPipes, allowProposedApi: true });
  const serializer = new SerializeAddon();
  terminal.loadAddon(serializer);
  // Read within the callback: what is fed later is not drawn yet then.
  const whenDrawn = <T>(read: () => T): Promise<T> =>
    new Promise((resolve) => terminal.write("", () => resolve(read())));
  return {
    feed: (bytes) => terminal.write(bytes),
    resize: ({ columns, rows }) => terminal.resize(columns, rows),
    repaint: () => whenDrawn(() => serializer.serialize()),
    lines: () => whenDrawn(() => linesOf(terminal)),
  };
}

function linesOf({ buffer: { active }, rows }: Terminal): readonly string[] {
  const shown = Array.from(
    { length: rows },
    (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "",
  );
  return shown.slice(0, shown.findLastIndex((line) => line !== "") + 1);
}
