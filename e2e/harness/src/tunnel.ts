import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { host } from "./reserved-port.ts";

/** The state of the way that all bytes take. */
export interface Road {
  latencyMs: number;
  /** While set nothing passes; it resolves when bytes may flow again. */
  held: Promise<void> | undefined;
}

/** One client's connection to the target and back. */
export interface Tunnel {
  /** Both sides are closed. */
  readonly ended: Promise<void>;
  /** Resets both sides at once. */
  reset(): void;
}

export interface TunnelOptions {
  /** Not read from yet. */
  readonly client: Socket;
  readonly targetPort: number;
  readonly road: Road;
}

export function tunnel({ client, targetPort, road }: TunnelOptions): Tunnel {
  const sockets = [client];
  const dial = (): void => {
    if (client.destroyed) return;
    const target = connect({ host, port: targetPort, noDelay: true, allowHalfOpen: true });
    sockets.push(target);
    target.on("error", () => target.destroy());
    carry({ from: client, to: target, road });
    carry({ from: target, to: client, road });
    client.resume();
  };
  client.on("error", () => client.destroy());
  const ended = closed(client).then(() => sockets[1] && closed(sockets[1]));
  if (road.held) void road.held.then(dial);
  else dial();
  return {
    ended,
    reset: () => {
      for (const socket of sockets) reset(socket);
    },
  };
}

const maxUnderWay = 1024 * 1024;

/** Carries bytes one way, in order, later by the latency, and then the end or the reset. */
function carry({ from, to, road }: { from: Socket; to: Socket; road: Road }): void {
  let line = Promise.resolve();
  let underWay = 0;
  const send = (act: () => void | Promise<void>): void => {
    const due = performance.now() + road.latencyMs;
    line = line.then(async () => {
      await passage(road, due);
      await act();
    });
  };
  from.on("data", (chunk: Buffer) => {
    underWay += chunk.length;
    if (underWay > maxUnderWay) from.pause();
    send(async () => {
      await written(to, chunk);
      underWay -= chunk.length;
      if (underWay <= maxUnderWay) from.resume();
    });
  });
  from.once("end", () => send(() => void to.end()));
  from.once("close", () => send(() => (from.readableEnded ? to.destroySoon() : reset(to))));
}

async function passage(road: Road, due: number): Promise<void> {
  const waitMs = due - performance.now();
  if (waitMs > 0) await pause(waitMs, undefined, { ref: false });
  while (road.held) await road.held;
}

/** Resolves when the system has taken the bytes, or the socket is gone. */
function written(to: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => to.write(chunk, () => resolve()));
}

/** A socket that is being ended cannot be reset any more: Node would never close it. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
