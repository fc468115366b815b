import { connectEndpoint } from "@cotal/endpoint";
import { streamName } from "@cotal/subjects";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import type { Row } from "../row.ts";
import { channel, startBenchSpace } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { openRawSide, type RawSide } from "../space/raw-side.ts";
import { stampedText } from "../space/stamp.ts";
import { medianMs, type Undo } from "./timed-each.ts";

const posts = 100;
const nothingToUndo: Undo = async () => undefined;

/** What was said in a channel before, read back. */
export const history: Row = {
  id: "B12",
  title: `history of ${posts} messages`,
  suite: "history",
  open: (size) =>
    opened(async (scope) => {
      const space = use(scope, await startBenchSpace("open"));
      const raw = use(scope, await openRawSide(space));
      const sender = use(scope, await connectEndpoint((await space.provision("sender")).options));
      const reader = use(scope, await connectEndpoint((await space.provision("reader")).options));
      for (let sent = 0; sent < posts; sent++) await sender.send({ channel, text: stampedText() });
      const read = async (): Promise<Undo> => {
        requireAll((await reader.history(channel)).length);
        return nothingToUndo;
      };
      const readRaw = async (): Promise<Undo> => {
        requireAll(await readBack(raw, streamName.chat(space.space)));
        return nothingToUndo;
      };
      const turns = Array.from({ length: size === "smoke" ? 2 : 60 });
      return {
        comparisons: [
          {
            title: `history of ${posts} messages`,
            rawTitle: "named memory consumer, the same read",
            unit: "ms",
            better: "lower",
            gate: 1.5,
            aim: "1.15",
            ours: () => medianMs(turns, read),
            raw: () => medianMs(turns, readRaw),
          },
        ],
        processes: [space.pid],
      };
    }),
};

/** Reads all posts through a consumer that is made for it and removed, and counts those that are JSON. */
async function readBack({ manager, jetstream }: RawSide, stream: string): Promise<number> {
  const name = "raw_history";
  const info = await manager.consumers.add(stream, {
    name,
    filter_subject: `cotal.acme.chat.*.${channel}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    mem_storage: true,
    inactive_threshold: 30e9,
  });
  const consumer = jetstream.consumers.getConsumerFromInfo(info);
  let count = 0;
  for await (const message of await consumer.fetch({ max_messages: posts })) {
    if (message.json<{ parts: unknown[] }>().parts.length === 1) count++;
  }
  await manager.consumers.delete(stream, name);
  return count;
}

function requireAll(count: number): void {
  if (count !== posts) throw new Error(`${count} of ${posts} messages were read`);
}
