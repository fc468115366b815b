import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { BenchSpace } from "./bench-space.ts";
import { connectRaw, jetStreamOptions } from "./raw-access.ts";

/** The bare client with all that belongs to it. */
export interface RawSide extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
}

export async function openRawSide({ raw }: BenchSpace): Promise<RawSide> {
  const connection = await connectRaw(raw);
  const options = jetStreamOptions(raw);
  return {
    connection,
    jetstream: jetstream(connection, options),
    manager: await jetstreamManager(connection, options),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
