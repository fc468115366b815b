import type { CotalError, ErrorCode } from "@cotal/subjects";
import { exitCodeOf } from "../exit-code.ts";
import type { ProcessHost } from "../host.ts";
import { codedError } from "./coded-error.ts";
import { type Line, renderLine, toned } from "./line.ts";
import type { Output } from "./output.ts";
import { jsonLine } from "./printable.ts";
import { createProgress, type ProgressStyle } from "./progress.ts";
import { isTable, type Table, tableLines } from "./table.ts";

export type Format = "text" | "json" | "plain";

export interface ReportOptions {
  readonly format: Format;
  /** No progress. */
  readonly quiet: boolean;
  /** Failures with their stack and their causes. */
  readonly debug: boolean;
}

/** What a command has to say: data, the same for people, and what is wrong, if something is. */
export interface Outcome {
  readonly result: object;
  readonly lines: readonly (Line | Table)[];
  readonly failure?: CotalError | undefined;
  /** Of a failure, where it is not that of its code. */
  readonly exitCode?: number | undefined;
}

/** What is amiss beside the matter of the command. */
export interface Warning {
  readonly code: ErrorCode;
  readonly message: string;
  /** The command to type next. */
  readonly hint: string;
}

/** The only place that prints. */
export interface Reporter {
  /** Shown once, with what is printed next; what is amiss later takes the place of what was not shown yet. */
  warn(warnings: readonly Warning[]): void;
  step(text: string): void;
  /** Prints an outcome and gives its exit code. */
  outcome(command: string, outcome: Outcome): number;
  /** Prints a failure that has no other result. */
  failure(command: string, error: unknown): number;
}

/** Of the documents that `--json` prints. */
const documentVersion = 1;

export function createReporter({ env, stdout, stderr }: ProcessHost, options: ReportOptions): Reporter {
  const { format, quiet, debug } = options;
  const progress = createProgress(quiet ? "none" : progressStyle(format, stderr, env), stderr);
  const print = (output: Output, lines: Outcome["lines"]): void => {
    const colours = format === "text" && hasColours(output, env);
    const plain = lines.flatMap((line) => (isTable(line) ? tableLines(line, columnsOf(output)) : [line]));
    for (const line of plain) output.write(`${renderLine(line, colours)}\n`);
  };
  let toShow: readonly Warning[] = [];
  /** Each is said once. */
  const takeWarnings = (): readonly Warning[] => {
    const taken = toShow;
    toShow = [];
    return taken;
  };
  const report = (command: string, outcome: Partial<Outcome>): number => {
    const { result, lines = [], failure } = outcome;
    const exitCode = failure === undefined ? 0 : outcome.exitCode || exitCodeOf(failure.code);
    progress.end();
    const warnings = takeWarnings();
    if (format === "json") {
      const error = failure && errorDocument(failure);
      const facts = { v: documentVersion, command, ok: failure === undefined, exitCode };
      stdout.write(`${jsonLine({ ...facts, result, error, ...(warnings.length > 0 && { warnings }) })}\n`);
    } else {
      print(stdout, lines);
      if (failure !== undefined) print(stderr, failureLines(failure));
      print(stderr, warnings.map(warningLine));
    }
    if (debug && failure !== undefined) print(stderr, traceLines(failure));
    return exitCode;
  };
  return {
    warn: (warnings) => {
      toShow = warnings;
    },
    step: progress.step,
    outcome: report,
    failure: (command, error) => report(command, { failure: codedError(error) }),
  };
}

function errorDocument({ code, message, hint, data }: CotalError): object {
  return { code, message, hint, data };
}

function failureLines({ code, message, hint }: CotalError): Line[] {
  const next: Line[] = hint === undefined ? [] : [[toned("strong", "next   "), hint]];
  return [[toned("bad", "failed "), `${message} `, toned("dim", `(${code})`)], ...next];
}

function warningLine({ code, message, hint }: Warning): Line {
  return [toned("warn", "warning "), `${message}: ${hint} `, toned("dim", `(${code})`)];
}

function traceLines(error: unknown): Line[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)];
  return [...(error.stack ?? error.message).split("\n"), ...traceLines(error.cause)];
}

/** What is no terminal is as wide as it has to be. */
function columnsOf({ isTerminal, stream }: Output): number {
  const columns = isTerminal && "columns" in stream ? Number(stream.columns) : 0;
  return columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

function progressStyle(format: Format, { isTerminal }: Output, env: ProcessHost["env"]): ProgressStyle {
  if (format === "json") return "none";
  return isTerminal && format === "text" && !env.CI ? "spinner" : "lines";
}

/** https://no-color.org and its opposite, which wins over a pipe only. */
function hasColours({ isTerminal }: Output, env: ProcessHost["env"]): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTerminal && env.TERM !== "dumb";
}
