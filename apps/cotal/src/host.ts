import type { Readable } from "node:stream";
import type { Output } from "./report/output.ts";

/** What a program needs of the process that it runs in. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the caller stands; relative paths count from here. */
  readonly folder: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Opened when it is first asked for. */
  readonly stdin: Input;
  readonly self: Self;
  /** Aborted by the first Ctrl-C, hang-up or TERM: end cleanly. */
  readonly interrupted: AbortSignal;
  /** Aborted by the second: end now. */
  readonly forced: AbortSignal;
}

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean;
  readonly stream: Readable;
}

/** How this very program is started once more. */
export interface Self {
  /** The executable, and what stands before the words of a command line. */
  readonly command: readonly [string, ...string[]];
  /** Where that holds. */
  readonly folder: string;
}
