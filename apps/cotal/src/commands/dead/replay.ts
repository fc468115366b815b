import { asOwnerId } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import { deadLetters, letterIn, orderLetter } from "../../dead/letters.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";

export const definition: Definition<"dryRun", "letter"> = {
  options: ["dryRun"],
  arguments: ["letter"],
  details: [
    "To the peer that gave it up, as a message of its own; a post only if the peer may read the channel now.",
  ],
};

export async function run({ host, options, words, step }: Call<"dryRun", "letter">): Promise<Outcome> {
  requireOutsideSeat(host);
  const { letter } = words;
  const { dryRun = false } = options;
  const mesh = await openRunningMesh(host);
  step(`looking for ${letter}`);
  const signal = host.interrupted;
  const { owner } = letterIn(await deadLetters(mesh, { signal }), letter);
  if (!dryRun) await orderLetter(mesh, "deadReplay", { owner: asOwnerId(owner.id), letter, signal });
  const done = dryRun ? "would replay" : "replayed";
  return {
    result: { letter, owner, replayed: !dryRun, dryRun },
    lines: [[toned("good", done), `  ${letter}, to ${owner.name ?? owner.id}`]],
  };
}
