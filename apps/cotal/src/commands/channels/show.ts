import { registryKey } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { channelsHere } from "../../reading/channels-here.ts";
import { facts } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { configFacts } from "../../rights/channel-config.ts";

export const definition: Definition<never, "channel"> = {
  options: [],
  arguments: ["channel"],
  details: ["What is set for it, and what holds by default where nothing is."],
};

export async function run({ host, words: { channel }, step }: Call<never, "channel">): Promise<Outcome> {
  const isDefaults = channel === registryKey.defaults;
  // An agent is not told what is set for all.
  if (isDefaults) requireOutsideSeat(host);
  step(`looking at ${channel}`);
  const sight = await channelsHere(host, isDefaults ? undefined : channel);
  if (isDefaults) {
    return { result: { channel, set: sight.defaults }, lines: facts(configFacts(sight.defaults, undefined)) };
  }
  const found = sight.channels.find((each) => each.channel === channel);
  const { set, effective, posts = 0, members = [] } = found ?? {};
  const names = members.map(({ name, id }) => name ?? id).join(", ");
  return {
    result: { channel, set, effective, posts, members },
    lines: facts([
      ...configFacts(set, effective),
      ["posts", String(posts)],
      ["members", members.length === 0 ? "none" : names],
    ]),
  };
}
