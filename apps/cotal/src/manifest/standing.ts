import type { MeshFiles } from "../home/mesh-files.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { seeChannels } from "../reading/channel-sight.ts";
import { readEnvironment } from "../seat/environment.ts";
import { isHeld, listSeats, type Seat } from "../seat/seat.ts";
import { readSeatState } from "../seat/seat-state.ts";
import type { Standing, StandingAgent } from "./plan.ts";

/** Of a mesh that runs. */
export async function standingOf(mesh: RunningMesh, signal: AbortSignal): Promise<Standing> {
  const { channels } = await seeChannels(mesh, { signal });
  const set = channels.flatMap((each) => (each.set === undefined ? [] : [[each.channel, each.set] as const]));
  return { channels: new Map(set), agents: await agentsOf(mesh.files) };
}

/** The agents of this host; one whose record says nothing is a failure. */
export async function agentsOf(files: MeshFiles): Promise<StandingAgent[]> {
  const { seats, unreadable } = await listSeats(files);
  if (unreadable[0] !== undefined) throw unreadable[0].error;
  return await Promise.all(
    seats.map(async (seat) => ({
      seat,
      given: (await readEnvironment(files, seat)).given,
      state: await stateOf(files, seat),
    })),
  );
}

async function stateOf(files: MeshFiles, seat: Seat): Promise<StandingAgent["state"]> {
  if (isHeld(seat)) return "running";
  const { phase, exit } = await readSeatState(files, seat);
  return seat.wanted && phase === "ended" && exit?.code === 0 ? "done" : "ended";
}
