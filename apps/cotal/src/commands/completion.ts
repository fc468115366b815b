import type { Call, Definition } from "../command.ts";
import { places, scripts } from "../completion/scripts.ts";
import type { Outcome } from "../report/reporter.ts";

export const definition: Definition<never, "shell"> = {
  options: [],
  arguments: ["shell"],
  details: [
    "Prints what completes command lines, with the names of peers, agents and channels as they are now:",
    "",
    ...Object.entries(places).map(([shell, line]) => `  ${shell.padEnd(6)}${line}`),
  ],
};

export async function run({ words: { shell } }: Call<never, "shell">): Promise<Outcome> {
  const script = scripts[shell];
  return { result: { shell, script }, lines: script.split("\n") };
}
