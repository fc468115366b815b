import { streamName } from "@cotal/subjects";
import type { Row } from "../row.ts";
import { channel } from "../space/bench-space.ts";
import { opened } from "../space/opened.ts";
import { bodyBytes } from "../space/pair.ts";
import { rawBody } from "../space/raw-body.ts";
import { stampedText } from "../space/stamp.ts";
import { openDurableSide } from "./durable-side.ts";
import { createLanes } from "./lanes.ts";
import { play } from "./load.ts";
import { addCopyStores } from "./raw-posts.ts";

const targets = { 1: { gate: 0.55, aim: "0.7" }, 10: { gate: 2, aim: "3.0" } } as const;
const copies = { full: 10_000, smoke: 40 } as const;
/** How many copies of the bare client are not answered yet. */
const inFlight = 1_000;

/** Posts in a durable channel whose members are all away, until a copy for each is stored. */
export function fanOutAway(count: keyof typeof targets): Row {
  return {
    id: `B5-${count}`,
    title: `durable posts to ${count} away`,
    suite: "fan-out-away",
    rounds: 3,
    open: (size) =>
      opened(async (scope) => {
        const side = await openDurableSide(scope, count);
        const { space, members, crowd, raw, post, stored, processes } = side;
        const bytes = await bodyBytes(side, { stream: streamName.chat(space.space), to: { channel } });
        await crowd.gather(members.map(({ options }) => ({ ...options, channels: [channel] })));
        await crowd.part("ours");
        const stores = await addCopyStores(side);
        const posts = Math.ceil(copies[size] / count);
        const rate = (tookNs: bigint): number => (posts * count * 1e9) / Number(tookNs);
        return {
          comparisons: [
            {
              title: `to ${count}, copies stored`,
              rawTitle: "the same copies by pipelined `js.publish`",
              unit: "1/s",
              better: "higher",
              ...targets[count],
              ours: async () => {
                const start = process.hrtime.bigint();
                await stored((await play(post, { posts })) ?? 0);
                return rate(process.hrtime.bigint() - start);
              },
              raw: async () => {
                const lanes = createLanes(inFlight);
                const start = process.hrtime.bigint();
                const copied: Promise<unknown>[] = [];
                for (let at = 0; at < posts; at++) {
                  const body = rawBody(stampedText(), bytes);
                  for (const { subject } of stores) {
                    copied.push(lanes.run(() => raw.jetstream.publish(subject, body)));
                  }
                }
                await Promise.all(copied);
                return rate(process.hrtime.bigint() - start);
              },
            },
          ],
          processes,
        };
      }),
  };
}
