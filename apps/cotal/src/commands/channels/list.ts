import type { Call, Definition } from "../../command.ts";
import type { ChannelSight } from "../../reading/channel-sight.ts";
import { channelsHere } from "../../reading/channels-here.ts";
import type { Outcome } from "../../report/reporter.ts";
import { table } from "../../report/table.ts";

export const definition: Definition<never> = {
  options: [],
  details: [
    "Channels that are set, that have members, or of which posts are kept. Any other may be used as well.",
  ],
};

export async function run({ host, step }: Call<never>): Promise<Outcome> {
  step("looking at the channels");
  const { channels, defaults, unreadable } = await channelsHere(host);
  const rows = channels.map(rowOf);
  const lines = table(["channel", "class", "replay", "posts", "members", "description"], rows);
  const warning = unreadable === 0 ? [] : [`${unreadable} records cannot be read by this program`];
  return {
    result: { channels, defaults, unreadable },
    lines: [...(rows.length === 0 ? ["there is no channel yet"] : lines), ...warning],
  };
}

function rowOf({ channel, effective, posts, members }: ChannelSight): string[] {
  const { deliveryClass, replay, replayWindow, description = "" } = effective;
  return [
    channel,
    deliveryClass,
    replay ? (replayWindow ?? "on") : "off",
    String(posts),
    String(members.length),
    description,
  ];
}
