import type { Readable } from "node:stream";
import type { Meant } from "./place/meant.ts";
import type { Output } from "./report/output.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command needs of what is around it. */
export interface Host extends ProcessHost {
  /** The mesh that is meant: looked for when it is first asked for, and then the same. */
  readonly meant: () => Promise<Meant>;
  /** Says by other means which one it is, from now on. */
  readonly decide: (meant: Meant) => void;
}

/** What a program needs of the process that it runs in. */
export interface ProcessHost extends Surroundings {
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
