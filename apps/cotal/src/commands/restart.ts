import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { awaitSeat, readyTimeoutMs, usuallyAwaited } from "../seat/await-ready.ts";
import { requireSeat, type Seat } from "../seat/seat.ts";
import { startSeat } from "../seat/start-seat.ts";
import { stopSeat } from "../seat/stop-seats.ts";
import { lockWaitMs } from "../seat/take-seat.ts";
import { wouldDo } from "../seat/would-do.ts";

type Name = "wait" | "timeout" | "dryRun";

export const definition: Definition<Name, "agent"> = {
  options: ["wait", "timeout", "dryRun"],
  arguments: ["agent"],
  details: ["With the same key, rights, program and environment as before, whether it runs now or not."],
};

export async function run(call: Call<Name, "agent">): Promise<Outcome> {
  const { host, options, words, step } = call;
  const { agent: name } = words;
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  const standing = await requireSeat(mesh.files, name);
  if (options.dryRun === true) return wouldDo("restart", standing);
  step(`restarting ${name}`);
  const again = async (): Promise<Seat> => {
    await stopSeat(mesh.files, await requireSeat(mesh.files, name), { forced: host.forced, wanted: true });
    return await startSeat(mesh, await requireSeat(mesh.files, name), { host, restarts: 0 });
  };
  const seat = await withLock(mesh.files.folder, again, { waitMs: lockWaitMs, signal: host.interrupted });
  const { wait = usuallyAwaited(seat), timeout = readyTimeoutMs } = options;
  const awaiting = { mesh, seat, timeoutMs: timeout, signal: host.interrupted };
  const failure = await awaitSeat(wait, awaiting).then(() => undefined, inRestart);
  const result = { name, pid: seat.holder?.pid, ready: failure === undefined && wait === "ready" };
  const line: Line = [toned("good", "running"), `  ${name}, pid ${seat.holder?.pid}`];
  return { result, lines: failure === undefined ? [line] : [], failure };
}

function inRestart(error: unknown): CotalError {
  if (error instanceof CotalError) return error;
  throw error;
}
