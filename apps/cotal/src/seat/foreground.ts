import { constants } from "node:os";
import { type Log, type LogEntry, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Host } from "../host.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { OptionValues } from "../option-table.ts";
import type { Outcome } from "../report/reporter.ts";
import { maskOf, readEnvironment } from "./environment.ts";
import { type HeldHands, onEvents, onPipes, onTerminal } from "./hands.ts";
import { logText } from "./log-text.ts";
import type { OrderName } from "./order.ts";
import { runHolder } from "./run-holder.ts";
import type { Seat } from "./seat.ts";
import { type Exit, exitText } from "./seat-state.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

type Options = OptionValues<OrderName | "foreground" | "wait" | "json">;

/** What holds of an agent that ends with its caller: nothing waits for it, and nobody starts it again. */
export function inForeground(options: Options, host: Host): Options {
  const { foreground = false, wait, restart = "never" } = options;
  if (!foreground) return options;
  if (wait !== undefined || restart !== "never") {
    throw new CotalError("usage", "an agent in the foreground is not waited for, and not started again", {
      hint: `leave ${wait === undefined ? "--restart" : "--wait"} or --foreground away`,
    });
  }
  return { ...options, pipes: options.pipes ?? callersTerminal(options, host) === undefined };
}

/** Who reads documents has no use for a terminal. */
function callersTerminal({ json, pipes }: Options, host: Host): Terminal | undefined {
  return json === true || pipes === true ? undefined : terminalOf(host);
}

export interface Foreground {
  readonly host: Host;
  readonly options: Options;
  readonly show: (outcome: Outcome) => void;
}

/** Is the process of an agent until that ends; its exit is that of the program. */
export async function beAgent(
  mesh: RunningMesh,
  taken: Seat,
  { host, options, show }: Foreground,
): Promise<Outcome> {
  const { name, id, holder } = taken;
  if (holder?.pid !== process.pid) throw new Error(`${name} lives in another process`);
  const seat = { ...taken, holder };
  const at = { mesh, seat, restarts: 0, signal: host.interrupted };
  show({ result: { event: "running", name, id, pid: holder.pid }, lines: [] });
  if (seat.work.kind !== "command") {
    const tell: Log = (entry) => void show(toldOutcome(entry));
    return outcomeOf(seat, { exit: undefined, until: await runHolder({ ...at, tell }) });
  }
  using hands = await handsFor(mesh, seat, { host, options, show });
  const until = await runHolder({ ...at, hands });
  return outcomeOf(seat, { exit: hands.exit, until });
}

/** What happens to an agent that is no program is for the user to see; nobody else shows anything. */
function toldOutcome({ level, event, fields }: LogEntry): Outcome {
  const entry = { at: new Date(systemClock.now()).toISOString(), level, event, ...fields };
  return { result: { ...entry, event: "log", what: event }, lines: logText(JSON.stringify(entry)) };
}

async function handsFor(
  { files }: RunningMesh,
  seat: Seat,
  { host, options, show }: Foreground,
): Promise<HeldHands> {
  const terminal = callersTerminal(options, host);
  if (terminal !== undefined) return onTerminal(terminal);
  if (options.json !== true) return onPipes(host);
  return onEvents(host, {
    mask: maskOf(await readEnvironment(files, seat)),
    tell: ({ fields }) => void show({ result: { event: "output", ...fields }, lines: [] }),
  });
}

interface End {
  readonly exit: Exit | undefined;
  readonly until: "told" | "over";
}

/** Nothing has failed where it did as it was told. */
function outcomeOf({ name }: Seat, { exit, until }: End): Outcome {
  const outcome = { result: { event: "ended", name, exit }, lines: [] };
  if (exit === undefined || exit.code === 0) return outcome;
  if (until === "told" && exit.signal === "SIGTERM") return outcome;
  const failure = new CotalError("agent-ended", `${name} has ended: ${exitText(exit)}`, {
    hint: `what it said: cotal logs ${name}`,
    data: { name },
  });
  return { ...outcome, failure, exitCode: exitCodeIn(exit) };
}

/** As a shell gives it. */
function exitCodeIn({ code, signal }: Exit): number {
  return code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
