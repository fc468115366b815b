import type { QueueConsumer } from "@cotal/registries";
import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";

/** Makes a stream that is configured as one of the space is, but for its name and the subjects it takes. */
export async function addTwin(
  manager: JetStreamManager,
  { of, name, subjects }: { readonly of: string; readonly name: string; readonly subjects: string },
): Promise<void> {
  const { subject_transform: _, ...config } = (await manager.streams.info(of)).config;
  await manager.streams.add({ ...config, name, subjects: [subjects] });
}

/** Makes a durable consumer that is configured as a queue of a peer is. */
export async function addTwinQueue(
  manager: JetStreamManager,
  { stream, consumer }: { readonly stream: string; readonly consumer: string },
  { config }: QueueConsumer,
): Promise<void> {
  const { ack_wait, max_deliver, max_ack_pending } = config;
  await manager.consumers.add(stream, {
    durable_name: consumer,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait,
    max_deliver,
    max_ack_pending,
  });
}
