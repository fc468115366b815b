import type { State } from "../home/json-state.ts";

/** What an agent does. */
export type Work =
  /** Says what it hears. */
  { readonly kind: "echo" } | ExecWork | CommandWork;

/** Runs a line of the shell for each message, and replies with what that prints. */
export interface ExecWork {
  readonly kind: "exec";
  readonly line: string;
  readonly output: ExecOutput;
  /** How many messages are handled at once. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Also what is said in its channels without mentioning it. */
  readonly all: boolean;
}

/** Is a program, which may be a peer by itself. */
export interface CommandWork {
  readonly kind: "command";
  readonly words: readonly [string, ...string[]];
  readonly surface: Surface;
}

export const execOutputs = ["text", "json"] as const;
export type ExecOutput = (typeof execOutputs)[number];
/** What a program talks to. */
export const surfaces = ["terminal", "pipes"] as const;
export type Surface = (typeof surfaces)[number];

/** In one line, for people. */
export function workText(work: Work): string {
  switch (work.kind) {
    case "echo":
      return "echo";
    case "exec":
      return `exec: ${work.line}`;
    case "command":
      return work.words.join(" ");
  }
}

export function isWork(value: unknown): value is Work {
  const work = (value ?? {}) as State;
  switch (work.kind) {
    case "echo":
      return true;
    case "exec":
      return (
        typeof work.line === "string" &&
        execOutputs.some((each) => each === work.output) &&
        Number.isSafeInteger(work.concurrency) &&
        Number.isSafeInteger(work.timeoutMs) &&
        typeof work.all === "boolean"
      );
    case "command":
      return isWords(work.words) && surfaces.some((each) => each === work.surface);
    default:
      return false;
  }
}

function isWords(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");
}
