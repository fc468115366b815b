import { ReadStream, WriteStream } from "node:tty";
import type { Host } from "../host.ts";

/** A terminal in the hands of a person, both ways. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** `undefined` when one of both is something else. */
export function terminalOf({ stdin, stdout }: Pick<Host, "stdin" | "stdout">): Terminal | undefined {
  if (!stdin.isTerminal || !stdout.isTerminal) return undefined;
  const { stream: input } = stdin;
  const { stream: output } = stdout;
  return input instanceof ReadStream && output instanceof WriteStream ? { input, output } : undefined;
}
