import { asOwnerId, CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import { deadLetters, letterIn, orderLetter } from "../../dead/letters.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";

export const definition: Definition<"dryRun", "letter"> = {
  options: ["dryRun"],
  arguments: ["letter"],
  details: ["For good, with the message that it holds; needs --yes."],
};

export async function run({ host, options, words, step }: Call<"dryRun", "letter">): Promise<Outcome> {
  requireOutsideSeat(host);
  const { letter } = words;
  const { yes = false, dryRun = false } = options;
  const mesh = await openRunningMesh(host);
  step(`looking for ${letter}`);
  const signal = host.interrupted;
  const { owner, reason } = letterIn(await deadLetters(mesh, { signal }), letter);
  const isDropped = yes && !dryRun;
  if (isDropped) await orderLetter(mesh, "deadDrop", { owner: asOwnerId(owner.id), letter, signal });
  const result = { letter, owner, dropped: isDropped, dryRun };
  const done = toned("warn", isDropped ? "dropped" : "would drop");
  const lines = [[done, `  ${letter}, of ${owner.name ?? owner.id}: ${reason}`]];
  if (yes || dryRun) return { result, lines };
  const failure = new CotalError("not-confirmed", "nothing was dropped: it needs --yes", {
    hint: `cotal dead drop ${letter} --yes`,
  });
  return { result, lines, failure };
}
