import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";

/** Raw connections that are closed together. */
export interface Connections extends AsyncDisposable {
  open(url: string, options?: ConnectionOptions): Promise<NatsConnection>;
}

export function trackConnections(): Connections {
  const opened = new Set<NatsConnection>();
  return {
    open: async (url, options = {}) => {
      const connection = await connect({ servers: url, ...options });
      opened.add(connection);
      return connection;
    },
    [Symbol.asyncDispose]: async () => {
      const closing = [...opened].map((connection) => connection.close());
      opened.clear();
      await Promise.all(closing);
    },
  };
}
