import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../src/eventually.ts";
import { type FaultProxy, startFaultProxy } from "../src/fault-proxy.ts";

/** A server that sends back what it gets, and counts what is open. */
const served = new Set<Socket>();
let echo: Server;

beforeAll(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    served.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => served.delete(socket));
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(echo, "listening");
});
afterAll(() => echo.close());

const proxied = (): Promise<FaultProxy> =>
  startFaultProxy({ targetPort: (echo.address() as AddressInfo).port });

interface Client {
  readonly socket: Socket;
  heard(): string;
  /** How it ended: `end`, or the code of the error. */
  readonly ended: Promise<string>;
}

async function dial(port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  let heard = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
  });
  const ended = new Promise<string>((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    socket.once("end", () => resolve("end"));
  });
  return { socket, heard: () => heard, ended };
}

async function dialFailure(port: number): Promise<string> {
  return await dial(port).then(
    () => "connected",
    (error: NodeJS.ErrnoException) => String(error.code),
  );
}

describe("the fault proxy", () => {
  test("carries everything both ways, and the end of each", async () => {
    await using proxy = await proxied();
    const client = await dial(proxy.port);
    expect(proxy.connections).toBe(1);
    const large = "x".repeat(8 * 1024 * 1024);
    client.socket.end(large);
    expect(await client.ended).toBe("end");
    expect(client.heard()).toBe(large);
    await eventually(() => proxy.connections === 0);
    expect(served.size).toBe(0);
  });

  test("delays each way by the latency and keeps the order", async () => {
    await using proxy = await proxied();
    const client = await dial(proxy.port);
    proxy.setLatency(60);
    const start = performance.now();
    client.socket.write("first ");
    await pause(5);
    client.socket.write("second");
    await eventually(() => client.heard() === "first second");
    expect(performance.now() - start).toBeGreaterThanOrEqual(120);
  });

  test("resets every connection when cut, and takes new ones", async () => {
    await using proxy = await proxied();
    const clients = [await dial(proxy.port), await dial(proxy.port)];
    await eventually(() => served.size === 2);
    proxy.cut();
    expect(await Promise.all(clients.map(({ ended }) => ended))).toEqual(["ECONNRESET", "ECONNRESET"]);
    await eventually(() => served.size === 0 && proxy.connections === 0);
    const next = await dial(proxy.port);
    next.socket.write("again");
    await eventually(() => next.heard() === "again");
  });

  test("when half open takes connections, forwards nothing and closes nothing until it is healed", async () => {
    await using proxy = await proxied();
    const old = await dial(proxy.port);
    await eventually(() => served.size === 1);
    proxy.halfOpen();
    old.socket.write("held");
    const fresh = await dial(proxy.port);
    fresh.socket.write("held too");
    const leaver = await dial(proxy.port);
    leaver.socket.end();
    for (const socket of served) socket.end();
    await pause(100);
    expect([old.heard(), fresh.heard(), served.size]).toEqual(["", "", 1]);
    expect(await Promise.race([old.ended, leaver.ended, pause(10, "open")])).toBe("open");
    await proxy.heal();
    expect([await old.ended, await leaver.ended]).toEqual(["end", "end"]);
    await eventually(() => fresh.heard() === "held too");
  });

  test("can be cut while half open", async () => {
    await using proxy = await proxied();
    proxy.halfOpen();
    const client = await dial(proxy.port);
    await eventually(() => proxy.connections === 1);
    proxy.cut();
    expect(await client.ended).toBe("ECONNRESET");
    await eventually(() => proxy.connections === 0);
  });

  test("refuses new dials, leaves open connections alone, and keeps its port", async () => {
    await using proxy = await proxied();
    const client = await dial(proxy.port);
    await proxy.refuse();
    await proxy.refuse();
    expect(await dialFailure(proxy.port)).toBe("ECONNREFUSED");
    client.socket.write("still there");
    await eventually(() => client.heard() === "still there");
    await proxy.heal();
    expect(await dialFailure(proxy.port)).toBe("connected");
  });

  test("passes on that its target is away", async () => {
    await using proxy = await startFaultProxy({ targetPort: 1 });
    expect(await (await dial(proxy.port)).ended).toBe("ECONNRESET");
  });

  test("leaves nothing open when it is disposed of in any state", async () => {
    for (const fault of ["halfOpen", "refuse", "cut"] as const) {
      const proxy = await proxied();
      await dial(proxy.port);
      await proxy[fault]();
      await proxy[Symbol.asyncDispose]();
      await eventually(() => served.size === 0);
      expect(await dialFailure(proxy.port)).toBe("ECONNREFUSED");
    }
  });
});
