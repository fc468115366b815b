import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { AckPolicy } from "@nats-io/jetstream";
import type { Row } from "../row.ts";
import { medianMs, type Undo } from "../rows/timed-each.ts";
import { channel } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { openDurableSide } from "./durable-side.ts";
import { joinOnce } from "./growth.ts";
import { addCopyStores } from "./raw-posts.ts";

/** A daemon remembers what it has answered to each, and takes only so many questions of one in two minutes. */
const joinerCount = 4;

/** How long it takes until a peer hears a channel and has its membership. */
export const durableJoin: Row = {
  id: "B8-durable",
  title: "joined a durable channel",
  suite: "readiness",
  open: (size) =>
    opened(async (scope) => {
      const side = await openDurableSide(scope, 1);
      const { space, raw, processes } = side;
      const joiners: Endpoint[] = [];
      for (let at = 0; at < joinerCount; at++) {
        const { options } = await space.provision(`joiner-${at}`);
        joiners.push(use(scope, await connectEndpoint(options)));
      }
      const [store] = await addCopyStores(side);
      if (!store) throw new Error("there is one member");
      const turns = Array.from({ length: size === "smoke" ? 1 : 10 }, () => joiners).flat();
      const { connection, manager } = raw;
      const joinRaw = async (): Promise<Undo> => {
        const subscription = connection.subscribe(`raw.chat.*.${channel}`, { callback: () => undefined });
        await connection.flush();
        const config = { durable_name: "joined", filter_subject: "raw.copies.joined.>", mem_storage: true };
        await manager.consumers.add(store.stream, { ...config, ack_policy: AckPolicy.Explicit });
        return async () => {
          subscription.unsubscribe();
          await manager.consumers.delete(store.stream, "joined");
        };
      };
      return {
        comparisons: [
          {
            title: "`join`, durable",
            rawTitle: "subscribe, flush, create a consumer",
            unit: "ms",
            better: "lower",
            gate: 4,
            aim: "2",
            ours: () => medianMs(turns, joinOnce),
            raw: () => medianMs(turns, joinRaw),
          },
        ],
        processes,
      };
    }),
};
