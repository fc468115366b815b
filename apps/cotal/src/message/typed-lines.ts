import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { Host } from "../host.ts";

/** The lines of the standard input. */
export interface TypedLines {
  readonly lines: Interface;
  /** Prints above what is being typed, which stays as it is. */
  above(print: () => void): void;
}

export function readTyped({ stdin, stdout }: Pick<Host, "stdin" | "stdout">): TypedLines {
  if (!stdin.isTerminal) {
    return { lines: createInterface({ input: stdin.stream, terminal: false }), above: (print) => print() };
  }
  const output = stdout.stream;
  const lines = createInterface({ input: stdin.stream, output, terminal: true, prompt: "" });
  let isOpen = true;
  lines.once("close", () => {
    isOpen = false;
  });
  return {
    lines,
    above: (print) => {
      if (!isOpen || lines.line === "") return print();
      moveCursor(output, 0, -lines.getCursorPos().rows);
      cursorTo(output, 0);
      clearScreenDown(output);
      print();
      lines.prompt(true);
    },
  };
}
