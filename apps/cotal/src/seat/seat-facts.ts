import { CotalError } from "@cotal/subjects";
import type { CallSession } from "../mesh/call-session.ts";
import { type Check, failed, okay, warning } from "../mesh/check.ts";
import { lookAround } from "../mesh/look-around.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { isPresent } from "./await-ready.ts";
import { isHeld, type Seat } from "./seat.ts";

/** An agent of this host: what its process is, and what others on the mesh see of it. */
export interface SeatFacts extends Omit<Seat, "holder" | "allowSubscribe" | "allowPublish"> {
  /** `stopped`: on purpose; `exited`: by itself, or killed. */
  readonly process: "running" | "exited" | "stopped";
  readonly mesh: MeshFact;
  readonly pid: number | undefined;
  readonly since: number | undefined;
}

type MeshFact = "present" | "absent" | "unknown";

/** Looks at the roster once for all of them. */
export async function seatFacts(
  mesh: Mesh,
  seats: readonly Seat[],
  at: Omit<CallSession, "profile">,
): Promise<SeatFacts[]> {
  if (seats.length === 0) return [];
  const present = await lookAround(mesh, at, async (endpoint) =>
    seats.map((seat): MeshFact => (isPresent(endpoint, seat) ? "present" : "absent")),
  ).catch(() => []);
  return seats.map((seat, place) => factsOf(seat, present[place] ?? "unknown"));
}

export function factsOf(seat: Seat, mesh: MeshFact): SeatFacts {
  const { name, id, preset, role, holder } = seat;
  const process = isHeld(seat) ? "running" : holder === undefined ? "stopped" : "exited";
  return { name, id, preset, role, process, mesh, pid: holder?.pid, since: holder?.since };
}

/** Nothing is amiss with an agent that was stopped on purpose. */
export function seatCheck({ name, preset, process, mesh, pid }: SeatFacts): Check[] {
  const id = `agent ${name}`;
  const evidence = `${preset}, process ${pid} ${process}, ${mesh} on the mesh`;
  switch (process) {
    case "stopped":
      return [];
    case "exited": {
      const hint = `cotal spawn ${name} --preset ${preset}`;
      return [failed(id, new CotalError("agent-ended", evidence, { hint }))];
    }
    case "running":
      return [mesh === "present" ? okay(id, evidence) : warning(id, evidence, "cotal status, in a moment")];
  }
}
