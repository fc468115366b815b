import { queueConsumer } from "@cotal/registries";
import { watchAcks } from "../space/acks.ts";
import { type Announcement, announce, bodyBytes, type Pair, type Ways } from "../space/pair.ts";
import { rawBody } from "../space/raw-body.ts";
import { addTwin, addTwinQueue } from "../space/raw-twin.ts";
import { stampedText, stampOf } from "../space/stamp.ts";
import type { Way } from "../space/way.ts";

const twin = { stream: "RAW_DM", consumer: "raw_dm" } as const;

/** A direct message until its ack is with the broker, and the same through a consumer of the bare client. */
export async function openDirectWays(pair: Pair): Promise<Ways> {
  const { space, sender, target, raw, receiver } = pair;
  const own = queueConsumer.dm(space.space, target.id);
  const queue = { stream: own.stream, consumer: own.config.name };
  const to = { to: target.id };
  const subject = `raw.inst.${target.id}.${sender.ref.id}`;
  const bytes = await bodyBytes(pair, { stream: queue.stream, to });
  await addTwin(raw.manager, { of: queue.stream, name: twin.stream, subjects: "raw.inst.*.*" });
  await addTwinQueue(raw.manager, twin, own);
  await receiver.open({ endpoint: target.options, raw: space.raw, from: { kind: "queue", ...twin } });
  return {
    ours: ackedWay(
      pair,
      { side: "ours", ...queue },
      async (text) => (await sender.send({ ...to, text })).seq,
    ),
    raw: ackedWay(
      pair,
      { side: "raw", ...twin },
      async (text) => (await raw.jetstream.publish(subject, rawBody(text, bytes))).seq,
    ),
  };
}

/** Messages come to their end when the broker gets their acks; the receiver must have handled as many. */
function ackedWay(
  pair: Pair,
  queue: Announcement & { readonly consumer: string },
  send: (text: string) => Promise<number>,
): Way {
  const acks = watchAcks(pair.raw.connection, queue);
  return {
    watch: async (count) => {
      const handled = await announce(pair, queue, count);
      acks.expect(count);
      return async () => {
        const arrivals = await acks.complete();
        await handled();
        return arrivals;
      };
    },
    send: async () => {
      const text = stampedText();
      acks.sent(await send(text), stampOf(text));
    },
  };
}
