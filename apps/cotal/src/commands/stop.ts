import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { openMesh } from "../mesh/mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { requireSeat } from "../seat/seat.ts";
import { stopSeat } from "../seat/stop-seats.ts";
import { lockWaitMs } from "../seat/take-seat.ts";
import { wouldDo } from "../seat/would-do.ts";

export const definition: Definition<"dryRun", "agent"> = {
  options: ["dryRun"],
  arguments: ["agent"],
  details: [
    "It may finish what it is handling, and hands back what it cannot finish; after 20 s it is killed, with all",
    "that it has started. Its key and its messages stay: cotal restart starts it again.",
  ],
};

export async function run({ host, options, words, step }: Call<"dryRun", "agent">): Promise<Outcome> {
  const { agent: name } = words;
  requireOutsideSeat(host);
  const { files } = await openMesh(host);
  const seat = await requireSeat(files, name);
  if (options.dryRun === true) return wouldDo("stop", seat);
  step(`stopping ${name}`);
  const stopped = await withLock(
    files.folder,
    async () => stopSeat(files, await requireSeat(files, name), { forced: host.forced, wanted: false }),
    { waitMs: lockWaitMs, signal: host.interrupted },
  );
  const { pid, how = "not-running" } = stopped ?? {};
  const line = pid === undefined ? `${name} was not running` : [toned("good", how), `  ${name}, pid ${pid}`];
  return { result: { name, pid, how }, lines: [line] };
}
