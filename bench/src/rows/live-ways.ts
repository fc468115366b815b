import { streamName } from "@cotal/subjects";
import { channel } from "../space/bench-space.ts";
import { announce, bodyBytes, type Pair, type Ways } from "../space/pair.ts";
import { rawBody } from "../space/raw-body.ts";
import { addTwin } from "../space/raw-twin.ts";
import { stampedText } from "../space/stamp.ts";

/** A post in a channel to a peer that has joined it, and `js.publish` to a core subscription. */
export async function openLiveWays(pair: Pair): Promise<Ways> {
  const { space, sender, target, raw, receiver } = pair;
  const stream = streamName.chat(space.space);
  const twin = "RAW_CHAT";
  const subject = `raw.chat.${target.id}.${channel}`;
  await addTwin(raw.manager, { of: stream, name: twin, subjects: "raw.chat.*.>" });
  const bytes = await bodyBytes(pair, { stream, to: { channel } });
  await receiver.open({
    endpoint: { ...target.options, channels: [channel] },
    raw: space.raw,
    from: { kind: "subject", subject: `raw.chat.*.${channel}` },
  });
  return {
    ours: {
      watch: (count) => announce(pair, { side: "ours", stream }, count),
      send: async () => void (await sender.send({ channel, text: stampedText() })),
    },
    raw: {
      watch: (count) => announce(pair, { side: "raw", stream: twin }, count),
      send: async () => void (await raw.jetstream.publish(subject, rawBody(stampedText(), bytes))),
    },
  };
}
