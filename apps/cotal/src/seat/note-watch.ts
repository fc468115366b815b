import { sleep, systemClock } from "@cotal/session";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { readSeat, type Seat } from "./seat.ts";

const lookMs = 2_000;

/** Resolves when the record of a seat has gone, or is that of another process by now, and when the signal is aborted. */
export async function untilGone(
  { mesh, seat }: { readonly mesh: RunningMesh; readonly seat: Seat },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await Promise.allSettled([sleep(systemClock, lookMs, signal)]);
    const holder = (await readSeat(mesh.files, seat.name))?.holder;
    if (!signal.aborted && holder?.pid !== seat.holder?.pid) return;
  }
}
