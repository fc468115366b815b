import { CotalError, type Token } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { stopProcess } from "../process/stop-process.ts";
import { endLeftBehind } from "./child.ts";
import { type Holder, isHeld, listSeats, readSeat, type Seat, writeSeat } from "./seat.ts";
import { readSeatState } from "./seat-state.ts";

export interface StoppedSeat {
  readonly name: Token;
  readonly pid: number;
  /** `killed`: it did not end in time by itself. */
  readonly how: "stopped" | "killed";
}

/**
 * Stops every agent that runs, all at once; aborted, by force. Those that are restarted by themselves come back
 * with the mesh.
 */
export async function stopSeats(files: MeshFiles, forced: AbortSignal): Promise<StoppedSeat[]> {
  const { seats } = await listSeats(files);
  const stopped = await Promise.all(
    seats.filter(isHeld).map((seat) => stopSeat(files, seat, { forced, wanted: seat.wanted })),
  );
  return stopped.filter((seat) => seat !== undefined);
}

export interface StopSeatOptions {
  readonly forced: AbortSignal;
  /** Whether it is to run again when the mesh comes back. */
  readonly wanted: boolean;
}

/** An agent may finish what it is handling, and says goodbye. */
const graceMs = 20_000;

/** `undefined` when it did not run. The pid is trusted only with its start time. */
export async function stopSeat(
  files: MeshFiles,
  { name, holder }: Seat,
  { forced, wanted }: StopSeatOptions,
): Promise<StoppedSeat | undefined> {
  const isRunning = holder !== undefined && isHeld({ holder });
  if (isRunning) await unwant(files, name, wanted);
  const how = isRunning ? await stopHolder(holder, forced) : undefined;
  const seat = await readSeat(files, name);
  if (seat !== undefined) {
    endLeftBehind((await readSeatState(files, seat)).children);
    if (seat.holder?.pid === holder?.pid) await writeSeat(files, { ...seat, wanted, holder: undefined });
  }
  return how === undefined || holder === undefined ? undefined : { name, pid: holder.pid, how };
}

/** Before it ends, so that nobody starts it again meanwhile. */
async function unwant(files: MeshFiles, name: Token, wanted: boolean): Promise<void> {
  const seat = await readSeat(files, name);
  if (seat !== undefined && seat.wanted !== wanted) await writeSeat(files, { ...seat, wanted });
}

async function stopHolder(holder: Holder, forced: AbortSignal): Promise<StoppedSeat["how"]> {
  const how = await stopProcess(holder, { graceMs, forced });
  if (how !== "unstoppable") return how;
  throw new CotalError("agent-unstoppable", `process ${holder.pid} still runs after SIGKILL`, {
    hint: "its disk may hang; look at the process with ps",
    data: { pid: holder.pid },
  });
}
