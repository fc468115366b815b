import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { facts, toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { changeConfig, configFacts } from "../../rights/channel-config.ts";

export const definition: Definition<"dryRun", "channel"> = {
  options: ["dryRun"],
  arguments: ["channel"],
  details: ["From then on the defaults hold for it; needs --yes. Posts stay, and so do members."],
};

export async function run({ host, options, words, step }: Call<"dryRun", "channel">): Promise<Outcome> {
  requireOutsideSeat(host);
  const { channel } = words;
  const { yes = false, dryRun = false } = options;
  const mesh = await openRunningMesh(host);
  step(`looking at ${channel}`);
  const order = { channel, change: () => undefined, dryRun: dryRun || !yes, signal: host.interrupted };
  const { before } = await changeConfig(mesh, order);
  const result = { channel, before, removed: before !== undefined && !order.dryRun };
  if (before === undefined) return { result, lines: [`nothing is set for ${channel}`] };
  const lines = [
    [toned("warn", result.removed ? "removed" : "would remove"), `  ${channel}`],
    ...facts(configFacts(before, undefined)),
  ];
  if (yes || dryRun) return { result, lines };
  const failure = new CotalError("not-confirmed", "nothing was removed: it needs --yes", {
    hint: `cotal channels rm ${channel} --yes`,
  });
  return { result, lines, failure };
}
