import { makePrivateFolder } from "../home/private-file.ts";
import type { Host } from "../host.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { endLeftBehind } from "./child.ts";
import { launchHolder } from "./launch-holder.ts";
import { type Seat, seatFiles, writeSeat } from "./seat.ts";
import { keepState, newState, readSeatState } from "./seat-state.ts";
import { socketPath } from "./socket-path.ts";

export interface StartOptions {
  readonly host: Pick<Host, "self" | "env" | "folder">;
  /** How often it was started again by itself. */
  readonly restarts: number;
}

/** Starts the process of an agent that has none, after what a killed one has left behind has ended. */
export async function startSeat(
  { files }: Pick<Mesh, "files">,
  seat: Seat,
  { host, restarts }: StartOptions,
): Promise<Seat> {
  const { folder, log } = seatFiles(files, seat.name);
  const socket = socketPath(host, files, seat.name);
  await makePrivateFolder(folder);
  endLeftBehind((await readSeatState(files, seat)).children);
  // What the one before has said of itself is nobody's now; the next one says it anew.
  await keepState(files, seat, { ...newState, restarts }).change({});
  const order = { name: seat.name, log, mesh: files.folder, socket };
  const { holder, go, abandon } = await launchHolder(host, order);
  const started: Seat = { ...seat, wanted: true, holder };
  try {
    await writeSeat(files, started);
  } catch (error) {
    abandon();
    throw error;
  }
  go(restarts);
  return started;
}
