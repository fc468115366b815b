import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export const host = "127.0.0.1";

/**
 * Keeps a port from everybody while nothing listens on it: dials are refused, and nobody is given it
 * as a free one. It is held by a connection that goes out from it to a listener of our own.
 */
export async function reservePort(port: number): Promise<AsyncDisposable> {
  const target = createServer((socket) => socket.on("error", () => socket.destroy()));
  target.listen(0, host);
  await once(target, "listening");
  const holder = connect({
    host,
    port: (target.address() as AddressInfo).port,
    localAddress: host,
    localPort: port,
  });
  await once(holder, "connect");
  target.close();
  target.unref();
  holder.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      if (holder.destroyed) return;
      const closed = once(holder, "close");
      // With a reset, so that no TIME_WAIT is left on the port.
      holder.resetAndDestroy();
      await closed;
    },
  };
}
