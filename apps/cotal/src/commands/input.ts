import type { Call, Definition } from "../command.ts";
import { openMesh } from "../mesh/mesh.ts";
import type { Outcome } from "../report/reporter.ts";
import { askHolder } from "../seat/ask-holder.ts";
import { requireSeat } from "../seat/seat.ts";

type Word = "agent" | "input";

export const definition: Definition<never, Word> = {
  options: [],
  arguments: ["agent", "input"],
  details: [
    "Types a line on the terminal, or into the standard input, of an agent that is a program of yours.",
  ],
};

export async function run({ host, words }: Call<never, Word>): Promise<Outcome> {
  const { agent: name, input: text } = words;
  const { files } = await openMesh(host);
  await askHolder(await requireSeat(files, name), { op: "input", text });
  return { result: { name }, lines: [`typed to ${name}`] };
}
