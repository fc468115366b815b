import { streamName } from "@cotal/subjects";
import type { Comparison, Row } from "../row.ts";
import { type AckCount, countAcks } from "../space/ack-count.ts";
import { channel } from "../space/bench-space.ts";
import { opened } from "../space/opened.ts";
import { bodyBytes } from "../space/pair.ts";
import { rawBody } from "../space/raw-body.ts";
import { stampedText } from "../space/stamp.ts";
import { type DurableSide, openDurableSide } from "./durable-side.ts";
import { type Load, play } from "./load.ts";
import { addCopyStores, type CopyStore } from "./raw-posts.ts";

/**
 * What was posted while a member was away, from its connecting to its last ack. A side on which something is
 * missing, comes twice or out of order has no figure.
 */
export const catchUp: Row = {
  id: "B6",
  title: "durable posts to a member that was away",
  suite: "catch-up",
  rounds: 3,
  open: (size) =>
    opened(async (scope) => {
      const side = await openDurableSide(scope, 1);
      const { space, members, crowd, raw, processes, streams } = side;
      const bytes = await bodyBytes(side, { stream: streamName.chat(space.space), to: { channel } });
      await crowd.gather(members.map(({ options }) => ({ ...options, channels: [channel] })));
      await crowd.part("ours");
      const [store] = await addCopyStores(side);
      if (!store) throw new Error("there is one member");
      const acks = {
        ours: countAcks(raw.connection, streams),
        raw: countAcks(raw.connection, [store.stream]),
      };
      await raw.connection.flush();
      const setting = { side, store, bytes, acks };
      return {
        comparisons: [
          comparison(setting, size === "smoke" ? { posts: 50 } : { posts: 10_000 }),
          comparison(setting, { posts: size === "smoke" ? 20 : 3_000, perSecond: 150 }),
        ],
        processes,
      };
    }),
};

interface Setting {
  readonly side: DurableSide;
  readonly store: CopyStore;
  readonly bytes: number;
  readonly acks: { readonly ours: AckCount; readonly raw: AckCount };
}

function comparison({ side, store, bytes, acks }: Setting, load: Load): Comparison {
  const { space, members, crowd, raw, post, stored } = side;
  const { posts, perSecond } = load;
  const timed = async (name: "ours" | "raw", connect: () => Promise<void>): Promise<number> => {
    await crowd.expect({ side: name, count: posts });
    acks[name].expect(posts);
    const start = process.hrtime.bigint();
    await connect();
    const { lastAt } = await acks[name].complete();
    await crowd.arrived(name);
    await crowd.part(name);
    return Number(lastAt - start) / 1e6;
  };
  return {
    title: perSecond === undefined ? `${posts} in a burst` : `${posts} at ${perSecond}/s`,
    rawTitle: "connect, consume and ack as many",
    unit: "ms",
    better: "lower",
    gate: 4,
    aim: "2",
    ours: async () => {
      await stored((await play(post, load)) ?? 0);
      const there = members.map(({ options }) => ({ ...options, channels: [channel] }));
      return timed("ours", () => crowd.gather(there));
    },
    raw: async () => {
      await play(() => raw.jetstream.publish(store.subject, rawBody(stampedText(), bytes)), { posts });
      const { stream, consumer } = store;
      return timed("raw", () => crowd.gatherRaw({ access: space.raw, stream, consumers: [consumer] }));
    },
  };
}
