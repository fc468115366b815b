import { CotalError } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { CallSession } from "../mesh/call-session.ts";
import { type Check, failed, okay, warning } from "../mesh/check.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { isPresent } from "./await-ready.ts";
import { isHeld, type Seat } from "./seat.ts";
import { type Exit, exitText, readSeatState, type SeatState } from "./seat-state.ts";
import { type Work, workText } from "./work.ts";

/** An agent of this host: what its process is, and what others on the mesh see of it. */
export interface SeatFacts extends Pick<Seat, "name" | "id" | "role" | "restart"> {
  /** What kind of agent it is. */
  readonly preset: Work["kind"];
  /** The same in words. */
  readonly runs: string;
  /** `starting`: also again, after a pause; `stopped`: on purpose; `exited`: by itself, or killed. */
  readonly process: "starting" | "running" | "exited" | "stopped";
  readonly mesh: MeshFact;
  readonly pid: number | undefined;
  readonly since: number | undefined;
  /** How often it was started again by itself. */
  readonly restarts: number;
  /** How its program has ended last. */
  readonly exit: Exit | undefined;
}

type MeshFact = "present" | "absent" | "unknown";

/** Looks at the roster once for all of them. */
export async function seatFacts(
  mesh: Mesh,
  seats: readonly Seat[],
  at: Omit<CallSession, "profile">,
): Promise<SeatFacts[]> {
  if (seats.length === 0) return [];
  const { lookAround } = await import("../mesh/look-around.ts");
  const present = await lookAround(mesh, at, async (endpoint) =>
    seats.map((seat): MeshFact => (isPresent(endpoint, seat) ? "present" : "absent")),
  ).catch(() => []);
  return await Promise.all(
    seats.map((seat, place) => factsOf(mesh.files, seat, present[place] ?? "unknown")),
  );
}

export async function factsOf(files: MeshFiles, seat: Seat, mesh: MeshFact): Promise<SeatFacts> {
  const { name, id, work, role, restart, holder } = seat;
  const state = await readSeatState(files, seat);
  const { restarts, exit } = state;
  return {
    name,
    id,
    preset: work.kind,
    runs: workText(work),
    role,
    restart,
    process: processFact(seat, state),
    mesh,
    pid: holder?.pid,
    since: holder?.since,
    restarts,
    exit,
  };
}

/** Its holder goes a moment after the program has ended. */
export function processFact(
  seat: Pick<Seat, "holder">,
  { phase }: Pick<SeatState, "phase">,
): SeatFacts["process"] {
  if (isHeld(seat) && phase !== "ended")
    return phase === "starting" || phase === "waiting" ? "starting" : "running";
  return seat.holder === undefined ? "stopped" : "exited";
}

/** Nothing is amiss with an agent that was stopped on purpose, or has done what it was to do. */
export function seatCheck({ name, preset, process, mesh, pid, exit }: SeatFacts): Check[] {
  const id = `agent ${name}`;
  const ended = exit === undefined ? "" : `, ${exitText(exit)}`;
  const evidence = `${preset}, process ${pid} ${process}${ended}, ${mesh} on the mesh`;
  switch (process) {
    case "stopped":
      return [];
    case "exited":
      if (exit?.code === 0) return [okay(id, evidence)];
      return [failed(id, new CotalError("agent-ended", evidence, { hint: `cotal restart ${name}` }))];
    case "starting":
      return [warning(id, evidence, "cotal status, in a moment")];
    case "running":
      // Whether a program is a peer as well is its own affair.
      return mesh === "present" || preset === "command"
        ? [okay(id, evidence)]
        : [warning(id, evidence, "cotal status, in a moment")];
  }
}
