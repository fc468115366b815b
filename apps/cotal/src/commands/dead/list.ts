import type { Call, Definition } from "../../command.ts";
import { type DeadLetter, deadLetters, type Named } from "../../dead/letters.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { formatMoment } from "../../reading/moment.ts";
import { toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { type Cell, table } from "../../report/table.ts";

export const definition: Definition<"utc", "who"> = {
  options: ["utc"],
  arguments: ["who"],
  details: [
    "Messages that a peer rejected, or failed on for the last time. They are kept until somebody decides:",
    "cotal dead replay hands one out again, cotal dead drop removes it. What stands in them is not shown.",
  ],
};

export async function run({ host, options, words, step }: Call<"utc", "who">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  step("asking for dead letters");
  const letters = await deadLetters(mesh, { of: words.who, signal: host.interrupted });
  const names = ["letter", "given up by", "from", "sent to", "when", "reason"];
  const rows = letters.map((each) => rowOf(each, options.utc === true));
  return {
    result: { letters },
    lines: letters.length === 0 ? ["there are no dead letters"] : table(names, rows),
  };
}

function rowOf({ letter, owner, sender, kind, channel, at, reason }: DeadLetter, utc: boolean): Cell[] {
  const when = formatMoment(at, { utc });
  return [toned("strong", letter), nameOf(owner), nameOf(sender), channel ?? kind, when, reason];
}

function nameOf({ id, name }: Named): string {
  return name ?? id;
}
