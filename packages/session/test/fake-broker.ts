import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Something that listens where a broker is expected, and remembers all that it is told. */
export interface FakeBroker extends AsyncDisposable {
  readonly port: number;
  /** Everything that clients have sent, in the clear or not. */
  readonly heard: string;
  /** Connections that clients have not ended. */
  readonly open: number;
}

/** The words of a broker before anything else. */
export function greeting(facts: object = {}): string {
  const info = { server_id: "fake", version: "2.14.0", proto: 1, headers: true, max_payload: 1024, ...facts };
  return `INFO ${JSON.stringify(info)}\r\n`;
}

export async function startFakeBroker(behave: (socket: Socket) => void): Promise<FakeBroker> {
  const sockets = new Set<Socket>();
  let heard = "";
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
    });
    behave(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get heard() {
      return heard;
    },
    get open() {
      return sockets.size;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
