import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import type { Awaited } from "../option-table.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { awaitSeat, readyTimeoutMs, usuallyAwaited } from "../seat/await-ready.ts";
import { beAgent, inForeground } from "../seat/foreground.ts";
import { type OrderName, orderFor } from "../seat/order.ts";
import type { Seat } from "../seat/seat.ts";
import { processFact } from "../seat/seat-facts.ts";
import { readSeatState } from "../seat/seat-state.ts";
import { startHere } from "../seat/start-seat.ts";
import { requireSpawnable, type SpawnOrder, type TakenSeat, takeSeat } from "../seat/take-seat.ts";
import { workText } from "../seat/work.ts";

type Name = OrderName | "wait" | "timeout" | "foreground" | "dryRun";
type Word = "agent" | "program";

export const definition: Definition<Name, Word> = {
  options: [
    "preset",
    "exec",
    "execOutput",
    "execTimeout",
    "concurrency",
    "all",
    "pipes",
    "role",
    "allowSubscribe",
    "allowPublish",
    "subscribe",
    "restart",
    "cwd",
    "env",
    "wait",
    "timeout",
    "foreground",
    "dryRun",
  ],
  arguments: ["agent", "program"],
  details: [
    "The agent lives in a process of its own, until cotal stop or cotal down. It is a program of yours",
    "(cotal spawn bob -- python bot.py), which has a terminal unless --pipes; or a line of the shell that answers",
    "each message (--exec); or an echo. A name that was there before keeps its key and its rights.",
    "",
    "With --foreground it lives in this process: a program has your terminal, or your pipes, and cotal exits as it",
    "does; Ctrl-C ends it, and what it has in hand goes back. With --json what it says is one document for each line.",
  ],
};

export async function run(call: Call<Name, Word>): Promise<Outcome> {
  const { host, words, step } = call;
  const { agent: name, program } = words;
  requireOutsideSeat(host);
  const options = inForeground(call.options, host);
  const order = await orderFor({ name, options, program }, host);
  const mesh = await openRunningMesh(host);
  if (call.options.dryRun === true) return planned(order, await requireSpawnable(mesh, order));
  step(`starting ${name}`);
  if (options.foreground === true) {
    const start = (seat: Seat): Promise<Seat> => startHere(mesh, seat, host);
    const { seat } = await takeSeat(mesh, order, { host, start });
    return await beAgent(mesh, seat, call);
  }
  const taken = await takeSeat(mesh, order, { host });
  const { wait = usuallyAwaited(order), timeout = readyTimeoutMs } = call.options;
  const awaiting = { mesh, seat: taken.seat, timeoutMs: timeout, signal: host.interrupted };
  try {
    step(wait === "ready" ? `waiting until ${name} is on the mesh` : `waiting until ${name} runs`);
    await awaitSeat(wait, awaiting);
  } catch (error) {
    return await outcomeOf(mesh, taken, { wait, failure: inSpawn(error) });
  }
  return await outcomeOf(mesh, taken, { wait });
}

function planned(order: SpawnOrder, known: Seat | undefined): Outcome {
  const { name, work, role, allowSubscribe, allowPublish } = order;
  const rights = `reads ${allowSubscribe.join(",") || "nothing"}, posts to ${allowPublish.join(",") || "nothing"}`;
  return {
    result: { name, id: known?.id, preset: work.kind, role, known: known !== undefined, dryRun: true },
    lines: [
      [
        toned("warn", known === undefined ? "would spawn" : "would start"),
        `  ${name}, ${workText(work)}; ${rights}`,
      ],
    ],
  };
}

interface End {
  readonly wait: Awaited;
  readonly failure?: CotalError;
}

async function outcomeOf(
  { files }: Mesh,
  { seat, known }: TakenSeat,
  { wait, failure }: End,
): Promise<Outcome> {
  const { name, id, work, role, holder } = seat;
  const process = processFact(seat, await readSeatState(files, seat));
  const isReady = failure === undefined && wait === "ready";
  const result = { name, id, preset: work.kind, role, known, pid: holder?.pid, process, ready: isReady };
  const log = failure?.code === "agent-ended" ? (failure.data.log as readonly string[]) : [];
  const lines: Line[] =
    failure === undefined
      ? [
          [toned("good", isReady ? "ready" : process), `  ${name}, ${workText(work)}, pid ${holder?.pid}`],
          [toned("dim", "next   "), nextOf(seat)],
        ]
      : log.map((line): Line => [toned("dim", "log    "), line]);
  return { result, lines, failure };
}

function nextOf({ name, work }: TakenSeat["seat"]): string {
  return work.kind === "command" ? `cotal attach ${name}` : `cotal send -t ${name} hello --wait-reply`;
}

function inSpawn(error: unknown): CotalError {
  if (error instanceof CotalError) return error;
  throw error;
}
