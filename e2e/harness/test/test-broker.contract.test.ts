import { readFileSync } from "node:fs";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { eventually } from "../src/eventually.ts";
import { askMonitor, type Varz } from "../src/monitor.ts";
import { startTestBroker, withBroker } from "../src/test-broker.ts";

/** Whether a connection goes out from this port of 127.0.0.1: the system gives it to nobody else. */
function holdsPort(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const established = "01";
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .some((line) => line.trim().split(/\s+/)[1] === local && line.trim().split(/\s+/)[3] === established);
}

describe("a test broker", () => {
  test.each(["file", "memory"] as const)("is the real server, with its store in %s", async (store) => {
    verifies("BROK-40");
    await withBroker({ store }, async (broker) => {
      const connection = await broker.connect();
      expect(connection.info).toMatchObject({ jetstream: true, port: broker.port });
      const answer = await connection.request("$JS.API.INFO");
      expect(answer.json()).toMatchObject({ type: "io.nats.jetstream.api.v1.account_info_response" });
    });
  });

  test("closes its connections with itself", async () => {
    const broker = await startTestBroker();
    const connection = await broker.connect();
    await broker[Symbol.asyncDispose]();
    expect(connection.isClosed()).toBe(true);
  });

  test("keeps its port and its data over a kill and a stop, and holds the port meanwhile", async () => {
    verifies("BROK-40");
    await using broker = await startTestBroker();
    const { url, port, monitorUrl } = broker;
    const { server_id: first } = await askMonitor<Varz>(monitorUrl, "/varz");
    const stream = { name: "S", subjects: ["s"], storage: "file" };
    const setup = await broker.connect();
    await setup.request("$JS.API.STREAM.CREATE.S", JSON.stringify(stream));
    await setup.close();
    for (const down of ["kill", "stop"] as const) {
      const { pid } = broker;
      await broker[down]();
      await broker[down]();
      await expect(broker.connect({ reconnect: false, timeout: 2000 })).rejects.toThrow();
      expect(holdsPort(port)).toBe(true);
      await broker.restart();
      expect(broker).toMatchObject({ url, port, monitorUrl });
      expect(broker.pid).not.toBe(pid);
      const [account] = (await broker.jsz()).account_details ?? [];
      expect(account?.stream_detail).toMatchObject([{ name: "S" }]);
    }
    const { server_id: last } = await askMonitor<Varz>(monitorUrl, "/varz");
    expect(last).not.toBe(first);
  });

  test("restarts while it runs", async () => {
    await using broker = await startTestBroker();
    const { pid } = broker;
    await broker.restart();
    expect(broker.pid).not.toBe(pid);
    expect((await broker.connect()).info).toMatchObject({ port: broker.port });
  });

  test("answers nothing while it is paused, and everything afterwards", async () => {
    await using broker = await startTestBroker();
    const connection = await broker.connect();
    await broker.pause();
    const answer = connection.rtt().then(() => "answered");
    const patience = eventually(() => false, { timeoutMs: 300 }).catch(() => "silent");
    expect(await Promise.race([answer, patience])).toBe("silent");
    broker.resume();
    expect(await answer).toBe("answered");
  });

  test("reads its config again", async () => {
    await using broker = await startTestBroker();
    const loaded = async (): Promise<string> =>
      (await askMonitor<Varz>(broker.monitorUrl, "/varz")).config_load_time;
    const before = await loaded();
    await broker.reload();
    expect(await loaded()).not.toBe(before);
  });

  test("with TLS takes those who trust its authority, also after a restart, and nobody else", async () => {
    verifies("BROK-40");
    await using broker = await startTestBroker({ tls: true });
    expect(broker.url).toBe(`tls://127.0.0.1:${broker.port}`);
    for (const round of ["first", "second"]) {
      const connection = await broker.connect({ name: round });
      expect(connection.info).toMatchObject({ tls_required: true });
      await connection.close();
      await expect(broker.connect({ tls: {}, reconnect: false })).rejects.toThrow(/certificate/);
      await broker.restart();
    }
  });

  test("has the limits that the test asks for", async () => {
    await using broker = await startTestBroker({ limits: { payloadBytes: 1000 } });
    expect((await broker.connect()).info).toMatchObject({ max_payload: 1000 });
  });
});
