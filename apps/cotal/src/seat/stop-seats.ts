import { isRunning, signalProcess } from "@cotal/broker";
import { sleep, systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { type Holder, isHeld, listSeats, readSeat, type Seat, writeSeat } from "./seat.ts";

export interface StoppedSeat {
  readonly name: Token;
  readonly pid: number;
  /** `killed`: it did not end in time by itself. */
  readonly how: "stopped" | "killed";
}

/** Stops every agent that runs, all at once; aborted, by force. The pid is trusted only with its start time. */
export async function stopSeats(files: MeshFiles, forced: AbortSignal): Promise<StoppedSeat[]> {
  const { seats } = await listSeats(files);
  return await Promise.all(seats.filter(isHeld).map((seat) => stopSeat(files, seat, forced)));
}

/** An agent may finish what it is handling, and says goodbye. */
const graceMs = 20_000;
const hardMs = 5_000;
const pollMs = 20;

async function stopSeat(files: MeshFiles, { name, holder }: Seat, forced: AbortSignal): Promise<StoppedSeat> {
  if (holder === undefined) throw new CotalError("internal", `${name} has no process`);
  const { pid } = holder;
  const how = await stopHolder(holder, forced);
  const seat = await readSeat(files, name);
  if (seat?.holder?.pid === pid) await writeSeat(files, { ...seat, holder: undefined });
  return { name, pid, how };
}

async function stopHolder(holder: Holder, forced: AbortSignal): Promise<StoppedSeat["how"]> {
  signalProcess(holder, "SIGTERM");
  if (await ends(holder, { withinMs: graceMs, forced })) return "stopped";
  signalProcess(holder, "SIGKILL");
  if (await ends(holder, { withinMs: hardMs })) return "killed";
  throw new CotalError("agent-unstoppable", `process ${holder.pid} still runs after SIGKILL`, {
    hint: "its disk may hang; look at the process with ps",
    data: { pid: holder.pid },
  });
}

async function ends(
  holder: Holder,
  { withinMs, forced }: { readonly withinMs: number; readonly forced?: AbortSignal },
): Promise<boolean> {
  const until = systemClock.uptime() + withinMs;
  while (isRunning(holder)) {
    if (forced?.aborted === true || systemClock.uptime() >= until) return false;
    await sleep(systemClock, pollMs);
  }
  return true;
}
