import { type Delivery, type Endpoint, type Outcome, retryLater } from "@cotal/endpoint";
import { type Log, onAbort, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { formatDuration } from "../duration.ts";
import { isDue, replyTo, sendReply } from "./answer.ts";
import { type Child, startOnPipes } from "./child.ts";
import type { Variables } from "./environment.ts";
import { documentOf, replyIn } from "./exec-document.ts";
import { createOutputLog } from "./output-log.ts";
import { type Exit, exitText, type StateKeeper } from "./seat-state.ts";
import type { ExecWork } from "./work.ts";

export interface ExecDeps {
  readonly endpoint: Pick<Endpoint, "send">;
  readonly state: Pick<StateKeeper, "during">;
  readonly log: Log;
  readonly mask: (text: string) => string;
}

export interface ExecOrder {
  readonly name: string;
  readonly work: ExecWork;
  readonly cwd: string;
  readonly variables: Variables;
}

/** By this exit a command asks for the message again, later. */
const retryExit = 75;
/** What a command may print to be replied. */
const mostBytes = 1024 * 1024;
/** Between TERM and KILL. */
const graceMs = 2_000;

/**
 * Handles messages by a line of the shell, one process for each. Exit 0 settles a message, after its reply is
 * stored; 75 asks for it later; anything else has failed. Told to end it ends the process, and hands the message
 * back at once.
 */
export function createExec(
  deps: ExecDeps,
  order: ExecOrder,
): (delivery: Delivery, signal: AbortSignal) => Promise<Outcome | undefined> {
  const { log } = deps;
  const { name, work } = order;
  return async (delivery, signal) => {
    if (!isDue(delivery, { name, all: work.all })) return "handled";
    const started = systemClock.uptime();
    const run = await runLine(deps, order, { input: documentOf(delivery), signal });
    const fields = {
      id: delivery.message.id,
      end: endText(run),
      ms: Math.round(systemClock.uptime() - started),
    };
    log({
      level: run.kind === "exited" && run.exit.code === 0 ? "info" : "warn",
      event: "seat.exec",
      fields,
    });
    if (run.kind === "cut-off") return retryLater(0);
    if (run.kind === "exited" && run.exit.code === retryExit) return retryLater();
    if (run.kind !== "exited" || run.exit.code !== 0) throw failure(run, work);
    const reply = replyIn(run.printed, work.output);
    if (reply !== undefined) await sendReply(deps, { ...replyTo(delivery), ...reply });
    return "handled";
  };
}

type Run =
  | { readonly kind: "exited"; readonly exit: Exit; readonly printed: string }
  /** The agent is to end. */
  | { readonly kind: "cut-off" | "late" | "too-much" };

interface RunOptions {
  readonly input: string;
  readonly signal: AbortSignal;
}

async function runLine(
  { state, log, mask }: ExecDeps,
  order: ExecOrder,
  { input, signal }: RunOptions,
): Promise<Run> {
  const { work, cwd, variables } = order;
  if (signal.aborted) return { kind: "cut-off" };
  const errors = createOutputLog(log, mask);
  const printed: Buffer[] = [];
  let bytes = 0;
  let cause: Exclude<Run["kind"], "exited"> | undefined;
  let child: Child | undefined;
  const cut = (why: typeof cause): void => {
    cause ??= why;
    void child?.end(graceMs);
  };
  child = await startOnPipes({
    words: ["/bin/sh", "-c", work.line],
    cwd,
    variables,
    input,
    onOutput: (output) => {
      if (output.from === "stderr") return errors.add(output);
      bytes += output.bytes.byteLength;
      if (bytes > mostBytes) cut("too-much");
      else printed.push(Buffer.from(output.bytes));
    },
  });
  const { identity, exited } = child;
  const forget = onAbort(signal, () => cut("cut-off"));
  const cancel = systemClock.after(work.timeoutMs, () => cut("late"));
  const exit = await state
    .during(identity, () => exited)
    .finally(() => {
      forget();
      cancel();
    });
  errors.flush();
  return cause === undefined
    ? { kind: "exited", exit, printed: Buffer.concat(printed).toString("utf8") }
    : { kind: cause };
}

function endText(run: Run): string {
  return run.kind === "exited" ? exitText(run.exit) : run.kind;
}

function failure(run: Run, { timeoutMs }: ExecWork): CotalError {
  switch (run.kind) {
    case "exited":
      return new CotalError("exec-failed", `the command has failed: ${exitText(run.exit)}`);
    case "late":
      return new CotalError("exec-failed", `the command has not ended within ${formatDuration(timeoutMs)}`);
    default:
      return new CotalError("exec-failed", `the command has printed more than ${mostBytes} bytes`);
  }
}
