import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { removeSeat } from "../seat/remove-seat.ts";
import { requireSeat, type Seat, seatFiles } from "../seat/seat.ts";
import { lockWaitMs } from "../seat/take-seat.ts";

export const definition: Definition<"dryRun", "agent"> = {
  options: ["dryRun"],
  arguments: ["agent"],
  details: [
    "Stops it and retires its peer for good: its key is gone, and so is what waits for it. Needs --yes.",
  ],
};

export async function run({ host, options, words, step }: Call<"dryRun", "agent">): Promise<Outcome> {
  const { agent: name } = words;
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  const seat = await requireSeat(mesh.files, name);
  const deletes = [seatFiles(mesh.files, name).folder, mesh.files.credential(name)];
  if (options.dryRun === true) return wouldRemove(seat, deletes);
  if (options.yes !== true) return { ...wouldRemove(seat, deletes), failure: unconfirmed(seat) };
  step(`removing ${name}`);
  await withLock(mesh.files.folder, () => removeSeat(mesh, name, host), {
    waitMs: lockWaitMs,
    signal: host.interrupted,
  });
  return {
    result: { name, id: seat.id, deleted: deletes },
    lines: [[toned("good", "removed"), `  ${name}: nobody is ${seat.id} any more`]],
  };
}

function wouldRemove({ name, id }: Seat, deletes: readonly string[]): Outcome {
  const lines = deletes.map((path): Line => [toned("warn", "would delete"), `  ${path}`]);
  return { result: { name, id, wouldDelete: deletes }, lines };
}

function unconfirmed({ name }: Seat): CotalError {
  return new CotalError("not-confirmed", `${name} was not removed: rm needs --yes`, {
    hint: `cotal rm ${name} --yes retires the peer ${name} for good`,
    data: { name },
  });
}
