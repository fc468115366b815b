import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { createAuthority, writeCertificate } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterEach, describe, expect, test } from "vitest";
import { attachBroker } from "../src/attach.ts";
import { locateBroker } from "../src/locate.ts";
import { readBrokerRecord } from "../src/record.ts";
import { startBroker } from "../src/start.ts";
import { stopBroker } from "../src/stop.ts";
import type { BrokerTls } from "../src/tls.ts";
import { operator } from "./operator.ts";
import { tempFolder } from "./temp.ts";

const binary = await locateBroker({ first: "shipped" });
const authority = await createAuthority();
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await stopBroker(folder, { timeoutMs: 2000 });
});

async function freshFolder(): Promise<{ folder: string; tls: BrokerTls & { caFile: string } }> {
  const parent = tempFolder();
  const folder = `${parent}/broker`;
  folders.push(folder);
  const caFile = `${parent}/ca.crt`;
  writeFileSync(caFile, authority.ca);
  return {
    folder,
    tls: { ...(await writeCertificate(await authority.issue(), `${parent}/broker`)), caFile },
  };
}

/** A connection after its greeting and its handshake, with the certificate of the broker checked. */
async function secured(port: number): Promise<TLSSocket> {
  const plain = createConnection(port, "127.0.0.1");
  await once(plain, "data");
  const socket = connect({ socket: plain, ca: authority.ca, host: "127.0.0.1" });
  await once(socket, "secureConnect");
  return socket;
}

describe("a broker with TLS", () => {
  test("is ready when it answers over TLS, and is found again as one", async () => {
    verifies("BROK-54", "BROK-55");
    const { folder, tls } = await freshFolder();
    const broker = await startBroker({ binary, folder, tls, monitoring: "free" });
    expect(broker).toMatchObject({
      url: `tls://127.0.0.1:${broker.port}`,
      tls: { caFile: tls.caFile },
      version: binary.version,
    });
    expect(broker.monitorUrl).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const again = await attachBroker(folder);
    expect(again).toMatchObject({ pid: broker.pid, url: broker.url, tls: broker.tls });
    const socket = await secured(broker.port);
    socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    expect(String(await once(socket, "data"))).toContain("PONG");
    const closed = once(socket, "close");
    socket.destroy();
    await closed;
    // The greetings of the start and of the attach have left no complaint in its log.
    expect(readFileSync(broker.logFile, "utf8")).not.toMatch(/\[ERR\]/);
  });

  test("takes no word in the clear", async () => {
    verifies("BROK-54");
    const { folder, tls } = await freshFolder();
    const { port } = await startBroker({ binary, folder, tls });
    const socket = createConnection(port, "127.0.0.1");
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
    });
    socket.on("error", () => socket.destroy());
    socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    await once(socket, "close");
    expect(heard).toContain('"tls_required":true');
    expect(heard).not.toContain("PONG");
  });

  test("without TLS has a plain address and nothing to trust", async () => {
    verifies("BROK-55");
    const { folder } = await freshFolder();
    const broker = await startBroker({ binary, folder });
    expect(broker).toMatchObject({ url: `nats://127.0.0.1:${broker.port}`, tls: undefined });
    expect((await attachBroker(folder)).tls).toBeUndefined();
  });

  test("at another address of this machine is reached there", async () => {
    verifies("BROK-12", "BROK-55");
    const { folder, tls } = await freshFolder();
    const broker = await startBroker({ binary, folder, tls, host: "127.0.0.2" });
    expect(broker.url).toBe(`tls://127.0.0.2:${broker.port}`);
    expect((await attachBroker(folder)).url).toBe(broker.url);
    const taken = startBroker({ binary, folder: `${folder}2`, host: "127.0.0.2", port: broker.port });
    await expect(taken).rejects.toMatchObject({ code: "port-taken", data: { host: "127.0.0.2" } });
  });
});

describe("a start", () => {
  const nothingStarted = async (folder: string): Promise<void> => {
    expect(await readBrokerRecord(folder)).toEqual({ kind: "absent" });
    expect(existsSync(folder)).toBe(false);
  };

  test("with files that do not fit is refused before anything is made", async () => {
    verifies("BROK-53");
    const { folder, tls } = await freshFolder();
    rmSync(tls.keyFile);
    await expect(startBroker({ binary, folder, tls })).rejects.toMatchObject({ code: "bad-tls-files" });
    await nothingStarted(folder);
  });

  test("beyond loopback is refused before anything is made, each time for the next reason", async () => {
    verifies("BROK-50", "BROK-57", "BROK-52");
    const { folder, tls } = await freshFolder();
    const host = "0.0.0.0";
    const open = { binary, folder, host };
    await expect(startBroker(open)).rejects.toMatchObject({ code: "exposed-without-tls" });
    await expect(startBroker({ ...open, tls })).rejects.toMatchObject({
      code: "exposed-without-credentials",
    });
    const old = { ...open, tls, operator, binary: { ...binary, version: "2.14.4" } };
    await expect(startBroker(old)).rejects.toMatchObject({
      code: "broker-too-old",
      hint: expect.stringContaining("127.0.0.1"),
      data: { version: "2.14.4", issues: [{ id: "loopback-only", fixedIn: "2.14.5" }] },
    });
    await nothingStarted(folder);
  });
});
