import type { Call, Definition } from "../command.ts";
import { openMesh } from "../mesh/mesh.ts";
import type { Outcome } from "../report/reporter.ts";
import { askHolder } from "../seat/ask-holder.ts";
import { requireSeat } from "../seat/seat.ts";

type Word = "agent" | "input";

export const definition: Definition<"dryRun", Word> = {
  options: ["dryRun"],
  arguments: ["agent", "input"],
  details: [
    "Types a line on the terminal, or into the standard input, of an agent that is a program of yours.",
  ],
};

export async function run({ host, options, words }: Call<"dryRun", Word>): Promise<Outcome> {
  const { agent: name, input: text } = words;
  const { files } = await openMesh(host);
  const seat = await requireSeat(files, name);
  const { dryRun = false } = options;
  // What has no screen takes no input.
  await askHolder(seat, dryRun ? { op: "screen" } : { op: "input", text });
  return { result: { name, dryRun }, lines: [`${dryRun ? "would type" : "typed"} to ${name}`] };
}
