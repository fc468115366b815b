import type { Call, Definition } from "../command.ts";
import { createFileLog } from "../home/file-log.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import type { Outcome } from "../report/reporter.ts";
import { holdSeat } from "../seat/hold-seat.ts";
import { readStart } from "../seat/launch-holder.ts";
import { readSeat, seatFiles, writeSeat } from "../seat/seat.ts";
import { keepState, newState } from "../seat/seat-state.ts";

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
  const log = createFileLog(seatFiles(mesh.files, agent).log);
  const state = keepState(mesh.files, seat, { ...newState, restarts });
  await state.change({});
  log({ level: "info", event: "seat.started", fields: { restarts } });
  const until = await holdSeat({ mesh, seat: { ...seat, holder }, state, log, signal: host.interrupted });
  if (until === "over") return outcomeOf("over");
  await forgetHolder();
  return outcomeOf("stopped");

  /** Stopped on purpose: nobody is to take it for dead. */
  async function forgetHolder(): Promise<void> {
    const now = await readSeat(mesh.files, agent);
    if (now?.holder?.pid === process.pid) await writeSeat(mesh.files, { ...now, holder: undefined });
  }
}

function outcomeOf(ended: "abandoned" | "over" | "stopped"): Outcome {
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
