import { systemClock } from "@cotal/session";
import { makePrivateFolder } from "../home/private-file.ts";
import type { Host } from "../host.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { thisProcess } from "../process/this-process.ts";
import { thisRelease } from "../release.ts";
import { endLeftBehind } from "./child.ts";
import { launchHolder } from "./launch-holder.ts";
import { type Holder, type Seat, seatFiles, writeSeat } from "./seat.ts";
import { keepState, newState, readSeatState } from "./seat-state.ts";
import { socketPath } from "./socket-path.ts";

type Place = Pick<Mesh, "files">;

export interface StartOptions {
  readonly host: Pick<Host, "self" | "env" | "folder">;
  /** How often it was started again by itself. */
  readonly restarts: number;
}

/** Starts the process of an agent that has none, after what a killed one has left behind has ended. */
export async function startSeat(place: Place, seat: Seat, { host, restarts }: StartOptions): Promise<Seat> {
  const { files } = place;
  await makeReady(place, seat, restarts);
  const { log } = seatFiles(files, seat.name);
  const socket = socketPath(host, files, seat.name);
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

/** Notes this very process down as that of the agent. */
export async function startHere(place: Place, seat: Seat, host: Pick<Host, "env" | "folder">): Promise<Seat> {
  await makeReady(place, seat, 0);
  const socket = socketPath(host, place.files, seat.name);
  const holder: Holder = { ...thisProcess(), ...thisRelease(), since: systemClock.now(), socket };
  const started = { ...seat, wanted: true, holder };
  await writeSeat(place.files, started);
  return started;
}

async function makeReady({ files }: Place, seat: Seat, restarts: number): Promise<void> {
  await makePrivateFolder(seatFiles(files, seat.name).folder);
  endLeftBehind((await readSeatState(files, seat)).children);
  // What the one before has said of itself is nobody's now; the next one says it anew.
  await keepState(files, seat, { ...newState, restarts }).change({});
}
