import type { Writable } from "node:stream";

/** Standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean;
  readonly stream: Writable;
  write(text: string): void;
}
