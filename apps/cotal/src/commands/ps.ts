import { systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import type { Host } from "../host.ts";
import { failed } from "../mesh/check.ts";
import { type Mesh, openMesh } from "../mesh/mesh.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { type Tone, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type Cell, table } from "../report/table.ts";
import { listSeats, type Seat } from "../seat/seat.ts";
import { factsOf, type SeatFacts, seatFacts } from "../seat/seat-facts.ts";
import { exitText } from "../seat/seat-state.ts";

export const definition: Definition<never> = {
  options: [],
  details: [
    "Two facts for each agent of this host: its process, and whether others on the mesh see it. Without a mesh",
    "that runs the second is unknown.",
  ],
};

export async function run({ host, step }: Call<never>): Promise<Outcome> {
  const mesh = await openMesh(host);
  const { seats, unreadable } = await listSeats(mesh.files);
  step("looking at the agents");
  const facts = await factsNow(mesh, seats, host);
  const names = ["name", "process", "mesh", "pid", "since", "restarts", "runs"];
  const lines = seats.length === 0 ? ["no agent was spawned here"] : table(names, facts.map(rowOf));
  const failure =
    unreadable[0] === undefined ? undefined : failed(unreadable[0].name, unreadable[0].error).failure;
  return { result: { seats: facts }, lines, failure };
}

async function factsNow(mesh: Mesh, seats: readonly Seat[], host: Host): Promise<SeatFacts[]> {
  try {
    const { dial } = await openRunningMesh(host);
    return await seatFacts(mesh, seats, { dial, signal: host.interrupted });
  } catch (error) {
    if (!(error instanceof CotalError) || host.interrupted.aborted) throw error;
    return await Promise.all(seats.map((seat) => factsOf(mesh.files, seat, "unknown")));
  }
}

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
] as const;

/** How long, in its largest whole unit. */
function roughly(ms: number): string {
  const [unitMs, unit] = units.find(([size]) => ms >= size) ?? [1_000, "s"];
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit}`;
}

const tones: Readonly<Record<SeatFacts["process"], Tone>> = {
  running: "good",
  starting: "warn",
  stopped: "dim",
  exited: "bad",
};

function rowOf({ name, process, mesh, pid, since, restarts, exit, runs }: SeatFacts): Cell[] {
  const ended = process === "exited" && exit !== undefined ? ` (${exitText(exit)})` : "";
  const isThere = process === "running" || process === "starting";
  return [
    toned("strong", name),
    toned(ended === " (exit 0)" ? "dim" : tones[process], process + ended),
    mesh,
    isThere ? String(pid) : "",
    isThere && since !== undefined ? roughly(systemClock.now() - since) : "",
    String(restarts),
    runs,
  ];
}
