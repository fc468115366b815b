import type { Call, Definition } from "../command.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { firstLine } from "../process/start-line.ts";
import type { Outcome } from "../report/reporter.ts";
import { readStart } from "../seat/launch-holder.ts";
import { runHolder } from "../seat/run-holder.ts";
import { readSeat } from "../seat/seat.ts";

export const definition: Definition<never, "agent"> = {
  options: [],
  arguments: ["agent"],
  details: ["cotal spawn starts it. It ends when nobody tells it on its standard input to begin."],
};

export async function run({ host, words: { agent } }: Call<never, "agent">): Promise<Outcome> {
  const restarts = readStart(await firstLine(host.stdin.stream));
  if (restarts === undefined) return outcomeOf("abandoned");
  const mesh = await openRunningMesh(host);
  const seat = await readSeat(mesh.files, agent);
  const holder = seat?.holder;
  if (seat === undefined || holder?.pid !== process.pid) return outcomeOf("abandoned");
  const until = await runHolder({ mesh, seat: { ...seat, holder }, restarts, signal: host.interrupted });
  return outcomeOf(until === "over" ? "over" : "stopped");
}

function outcomeOf(ended: "abandoned" | "over" | "stopped"): Outcome {
  return { result: { ended }, lines: [] };
}
