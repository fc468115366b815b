import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { NatsConnectionImpl, setTransportFactory, type Transport } from "@nats-io/transport-node";
import { NodeTransport, nodeResolveHost } from "@nats-io/transport-node/lib/node_transport.js";

/**
 * The client's own `connect`, with transports that let go. The client forgets the socket of a dial
 * that ran out of time before the broker spoke: it would stay open for as long as the peer likes, and
 * a link that dials a hung broker would gather one after the other.
 */
export function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: lettingGo, dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

function lettingGo(): Transport {
  const transport = new NodeTransport();
  const close = transport.close.bind(transport);
  transport.close = async (error) => {
    await close(error);
    transport.discard();
  };
  return transport;
}
