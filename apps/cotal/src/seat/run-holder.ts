import type { Log } from "@cotal/session";
import { createFileLog } from "../home/file-log.ts";
import { holdSeat } from "./hold-seat.ts";
import type { HeldUntil, Holding } from "./holding.ts";
import { readSeat, seatFiles, writeSeat } from "./seat.ts";
import { keepState, newState } from "./seat-state.ts";

export interface HolderRun extends Pick<Holding, "mesh" | "seat" | "hands" | "signal"> {
  /** How often the agent was started again by itself before. */
  readonly restarts: number;
  /** Told what goes into the log of the agent as well. */
  readonly tell?: Log | undefined;
}

/** Is the process of an agent, which is noted down as that, until it is told to end or the agent is over. */
export async function runHolder({ restarts, tell, ...at }: HolderRun): Promise<HeldUntil> {
  const { mesh, seat } = at;
  const { files } = mesh;
  const { name } = seat;
  const file = createFileLog(seatFiles(files, name).log);
  const log: Log = (entry) => {
    file(entry);
    tell?.(entry);
  };
  const state = keepState(files, seat, { ...newState, restarts });
  await state.change({});
  log({ level: "info", event: "seat.started", fields: { restarts } });
  const until = await holdSeat({ ...at, state, log });
  if (until === "told") await forgetHolder();
  return until;

  /** Stopped on purpose: nobody is to take it for dead. */
  async function forgetHolder(): Promise<void> {
    const now = await readSeat(files, name);
    if (now?.holder?.pid === process.pid) await writeSeat(files, { ...now, holder: undefined });
  }
}
