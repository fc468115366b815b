import { jetstream } from "@nats-io/jetstream";
import { bindRaw, connectRaw, jetStreamOptions } from "../space/raw-access.ts";
import { serveCalls } from "../space/worker.ts";
import type { CopyOrder } from "./copy-order.ts";
import { createLanes } from "./lanes.ts";

/** How many copies are not answered yet. */
const inFlight = 1_000;
const closings: (() => Promise<void>)[] = [];

async function copy({ access, from, to }: CopyOrder): Promise<void> {
  const connection = await connectRaw(access);
  closings.push(() => connection.close());
  const client = jetstream(connection, jetStreamOptions(access));
  const consumer = await bindRaw(connection, access, from);
  const lanes = createLanes(inFlight);
  await consumer.consume({
    max_messages: 500,
    callback: (message) => {
      const { data } = message;
      const copies = to.map((subject) => lanes.run(() => client.publish(subject, data)));
      void Promise.all(copies).then(() => message.ack());
    },
  });
}

serveCalls({ copy }, async () => {
  for (const close of closings) await close();
});
