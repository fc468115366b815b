import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { openMesh } from "../mesh/mesh.ts";
import type { Outcome } from "../report/reporter.ts";
import { askHolder } from "../seat/ask-holder.ts";
import { attachTerminal } from "../seat/attach-terminal.ts";
import { requireSeat } from "../seat/seat.ts";
import { terminalOf } from "../seat/terminal.ts";

export const definition: Definition<never, "agent"> = {
  options: [],
  arguments: ["agent"],
  details: [
    "Shows the terminal of an agent that is a program of yours, and types there what you type. Ctrl-] leaves it,",
    "and the agent goes on. Without a terminal of your own it prints what stands on the screen.",
  ],
};

export async function run({ host, words: { agent: name } }: Call<never, "agent">): Promise<Outcome> {
  const { files } = await openMesh(host);
  const seat = await requireSeat(files, name);
  const terminal = terminalOf(host);
  if (terminal === undefined) {
    const { lines = [] } = await askHolder(seat, { op: "screen" });
    return { result: { name, screen: lines }, lines };
  }
  const how = await attachTerminal(seat, terminal, host.interrupted);
  if (how === "left") return { result: { name, left: true }, lines: [`left ${name}, which goes on`] };
  const failure = new CotalError("agent-ended", `${name} has ended`, { hint: `cotal logs ${name}` });
  return { result: { name, left: false }, lines: [], failure };
}
