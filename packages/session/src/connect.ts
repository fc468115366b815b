import { once } from "node:events";
import { createConnection, isIP } from "node:net";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { NatsConnectionImpl, setTransportFactory, type Transport } from "@nats-io/transport-node";
import { NodeTransport } from "@nats-io/transport-node/lib/node_transport.js";
import { tlsError } from "./broker-errors.ts";

/** The client's own `connect`, one attempt for each server, over transports that are stricter than its own. */
export function connect(
  options: ConnectionOptions,
  transport: () => Transport = strictTransport,
): Promise<NatsConnection> {
  // Without a resolver: the system resolves names, and the deadline of a dial covers all addresses of one.
  setTransportFactory({ factory: transport });
  return NatsConnectionImpl.connect(options);
}

function strictTransport(): Transport {
  const transport = new NodeTransport();
  lettingGo(transport);
  holdingToTls(transport);
  return transport;
}

/**
 * The client forgets the socket of a dial that ran out of time before the broker spoke: it would stay
 * open for as long as the peer likes, and a link that dials a hung broker would gather one after the other.
 */
function lettingGo(transport: NodeTransport): void {
  const close = transport.close.bind(transport);
  transport.dial = async ({ hostname, port }) => {
    const socket = createConnection({ host: hostname, port, noDelay: true });
    transport.socket = socket;
    await once(socket, "connect");
    return socket;
  };
  transport.close = async (error) => {
    await close(error);
    transport.discard();
  };
}

/**
 * Left to itself, the client compares the certificate of a broker that is dialled by its address with
 * the name `localhost`, fails over its own feet where TLS is not wanted but required, and believes what
 * somebody in between has added to the greeting, which comes in the clear.
 */
function holdingToTls(transport: NodeTransport): void {
  const connectTo = transport.connect.bind(transport);
  const startTls = transport.startTLS.bind(transport);
  transport.connect = async (server, options) => {
    const { hostname } = server;
    const tls = options.tls && { ...options.tls, host: hostname };
    const target = { hostname, port: server.port, tlsName: isIP(hostname) === 0 ? hostname : "" };
    await connectTo(target, { ...options, ...(tls !== undefined && { tls }) });
  };
  transport.startTLS = async () => {
    if (transport.options.tls === null) throw tlsError("tls-required");
    const heard = Buffer.concat(transport.yields).toString("latin1");
    if (heard.indexOf("\r\n") !== heard.length - 2) {
      throw tlsError("tls-failed", { data: { text: "more than a greeting came before the handshake" } });
    }
    return await startTls();
  };
}
