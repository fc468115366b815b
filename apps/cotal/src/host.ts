import type { Output } from "./report/output.ts";

/** What a program needs of the process that it runs in. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the caller stands; relative paths count from here. */
  readonly folder: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by the first Ctrl-C, hang-up or TERM: end cleanly. */
  readonly interrupted: AbortSignal;
  /** Aborted by the second: end now. */
  readonly forced: AbortSignal;
}
