import type { Call, Definition } from "../command.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import type { Outcome } from "../report/reporter.ts";
import { holdSeat } from "../seat/hold-seat.ts";
import { startWord } from "../seat/launch-holder.ts";
import { readSeat, writeSeat } from "../seat/seat.ts";
import { createSeatLog } from "../seat/seat-log.ts";

export const definition: Definition<never, "agent"> = {
  options: [],
  arguments: ["agent"],
  details: ["cotal spawn starts it. It ends when nobody tells it on its standard input to begin."],
};

export async function run({ host, words: { agent } }: Call<never, "agent">): Promise<Outcome> {
  if ((await firstLine(host.stdin.stream)) !== startWord) return outcomeOf("abandoned");
  const mesh = await openRunningMesh(host);
  const seat = await readSeat(mesh.files, agent);
  if (seat?.holder?.pid !== process.pid) return outcomeOf("abandoned");
  const log = createSeatLog(mesh.files, agent);
  await holdSeat({ mesh, seat, log, signal: host.interrupted });
  await forgetHolder();
  return outcomeOf("stopped");

  /** Stopped on purpose: nobody is to take it for dead. */
  async function forgetHolder(): Promise<void> {
    const now = await readSeat(mesh.files, agent);
    if (now?.holder?.pid === process.pid) await writeSeat(mesh.files, { ...now, holder: undefined });
  }
}

function outcomeOf(ended: "abandoned" | "stopped"): Outcome {
  return { result: { ended }, lines: [] };
}

async function firstLine(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
