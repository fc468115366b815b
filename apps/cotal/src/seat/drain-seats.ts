import { sleep, systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { askHolder } from "./ask-holder.ts";
import { isHeld, listSeats, type Seat } from "./seat.ts";
import type { StoppedSeat } from "./stop-seats.ts";

export interface DrainOptions {
  /** By the clock's uptime. */
  readonly until: number;
  /** Aborted, nobody is waited for any more. */
  readonly signal: AbortSignal;
  /** Told whom is waited for, each time that these are others. */
  readonly onWait: (names: readonly Token[]) => void;
}

export interface DrainedSeat extends Pick<StoppedSeat, "name" | "pid"> {
  readonly how: "drained";
}

const lookMs = 50;

/** Lets agents end by themselves, after what they have in hand; gives those that did. A program knows nothing of it. */
export async function drainSeats(
  files: MeshFiles,
  { until, signal, onWait }: DrainOptions,
): Promise<DrainedSeat[]> {
  const { seats } = await listSeats(files);
  const asked = await Promise.all(seats.filter(isHeld).filter(isPeer).map(ask));
  const draining = asked.filter((seat) => seat !== undefined);
  let told = "";
  for (let left = draining; left.length > 0; left = left.filter(isHeld)) {
    const names = left.map(({ name }) => name);
    if (names.join() !== told) onWait(names);
    told = names.join();
    if (signal.aborted || systemClock.uptime() >= until) break;
    await Promise.allSettled([sleep(systemClock, lookMs, signal)]);
  }
  return draining
    .filter((seat) => !isHeld(seat))
    .map(({ name, holder }) => ({ name, pid: holder?.pid ?? 0, how: "drained" }));
}

function isPeer({ work }: Seat): boolean {
  return work.kind !== "command";
}

/** One that cannot be asked is stopped as any other. */
async function ask(seat: Seat): Promise<Seat | undefined> {
  try {
    await askHolder(seat, { op: "drain" });
    return seat;
  } catch (error) {
    if (error instanceof CotalError) return undefined;
    throw error;
  }
}
