import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { host, reservePort } from "./reserved-port.ts";
import { type Road, type Tunnel, tunnel } from "./tunnel.ts";

/** A TCP proxy on a port of its own that can be told to fail. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Connections that clients have open through it. */
  readonly connections: number;
  /** Each way, from the next byte on. */
  setLatency(latencyMs: number): void;
  /** Resets every connection now; new ones are taken. */
  cut(): void;
  /** Takes connections, forwards nothing and closes nothing, as when packets are lost. */
  halfOpen(): void;
  /** New dials are refused; open connections stay. The port stays reserved. */
  refuse(): Promise<void>;
  /** Back to normal; what `halfOpen` held back flows on. */
  heal(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly targetPort: number;
}

export async function startFaultProxy({ targetPort }: FaultProxyOptions): Promise<FaultProxy> {
  const tunnels = new Set<Tunnel>();
  const road: Road = { latencyMs: 0, held: undefined };
  let release: (() => void) | undefined;
  let reserved: AsyncDisposable | undefined;

  const accept = (client: Socket): void => {
    const opened = tunnel({ client, targetPort, road });
    tunnels.add(opened);
    void opened.ended.then(() => tunnels.delete(opened));
  };
  const flow = (): void => {
    release?.();
    release = undefined;
    road.held = undefined;
  };
  const cut = (): void => {
    for (const open of tunnels) open.reset();
  };
  const closeDoor = async (): Promise<void> => {
    // `close` alone would wait for the open connections.
    const port = portOf(server);
    server.close();
    reserved = await reservePort(port);
  };
  let server = await listen(0, accept);
  const port = portOf(server);

  return {
    url: `nats://${host}:${port}`,
    port,
    get connections() {
      return tunnels.size;
    },
    setLatency: (latencyMs) => {
      road.latencyMs = latencyMs;
    },
    cut,
    halfOpen: () => {
      road.held ??= new Promise((resolve) => {
        release = resolve;
      });
    },
    refuse: async () => {
      if (!reserved) await closeDoor();
    },
    heal: async () => {
      road.latencyMs = 0;
      flow();
      if (!reserved) return;
      await reserved[Symbol.asyncDispose]();
      reserved = undefined;
      server = await listen(port, accept);
    },
    [Symbol.asyncDispose]: async () => {
      flow();
      server.close();
      cut();
      await Promise.all([...tunnels].map(({ ended }) => ended));
      await reserved?.[Symbol.asyncDispose]();
    },
  };
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, accept);
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
