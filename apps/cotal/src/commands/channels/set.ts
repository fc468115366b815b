import type { Call, Definition } from "../../command.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { facts, toned } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { changeConfig, configChange, configFacts } from "../../rights/channel-config.ts";

type Name = "class" | "replay" | "replayWindow" | "description" | "instructions" | "unset" | "dryRun";

export const definition: Definition<Name, "channel"> = {
  options: ["class", "replay", "replayWindow", "description", "instructions", "unset", "dryRun"],
  arguments: ["channel"],
  details: ["What is not named stays as it is. Peers that are connected follow it at once."],
};

export async function run({ host, options, words, step }: Call<Name, "channel">): Promise<Outcome> {
  requireOutsideSeat(host);
  const { channel } = words;
  const { dryRun = false } = options;
  const change = configChange(options);
  const mesh = await openRunningMesh(host);
  step(`setting ${channel}`);
  const { before, after } = await changeConfig(mesh, { channel, change, dryRun, signal: host.interrupted });
  const changed = JSON.stringify(before) !== JSON.stringify(after);
  const done = changed ? (dryRun ? "would be set" : "set") : "unchanged";
  return {
    result: { channel, before, after, changed: changed && !dryRun, dryRun },
    lines: [[toned("good", done), `  ${channel}`], ...facts(configFacts(after, undefined))],
  };
}
