import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { verifies } from "@cotal/requirements";
import { afterEach, describe, expect, test } from "vitest";
import { attachBroker } from "../src/attach.ts";
import type { Broker } from "../src/broker.ts";
import { brokerFiles } from "../src/config.ts";
import { locateBroker } from "../src/locate.ts";
import { isRunning, processFacts } from "../src/process-facts.ts";
import { readBrokerRecord } from "../src/record.ts";
import { type StartOptions, startBroker } from "../src/start.ts";
import { stopBroker } from "../src/stop.ts";
import { until } from "../src/wait.ts";
import { tempFolder } from "./temp.ts";

const binary = await locateBroker({ first: "shipped" });
const folders: string[] = [];

/** Each folder's broker ends with its test. The hook runs before the one that removes the folders. */
function folderFor(name = "broker"): string {
  const folder = `${tempFolder()}/${name}`;
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await stopBroker(folder, { timeoutMs: 2000 });
});

const start = (options: Partial<StartOptions> = {}): Promise<Broker> =>
  startBroker({ binary, folder: folderFor(), ...options });

/** Says these lines to the broker and returns what it answers until it has said `enough`. */
async function dialogue(port: number, said: string, enough: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
  });
  await once(socket, "connect");
  socket.write(said);
  await until(() => (enough.test(heard) || socket.closed ? true : undefined), { timeoutMs: 30_000 });
  socket.destroy();
  return heard;
}

const hello = 'CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n';

describe("a start", () => {
  test("resolves with a broker that answers, on a free port, and that says what it is", async () => {
    verifies("BROK-13", "BROK-20", "BROK-21", "BROK-34");
    const broker = await start({ monitoring: "free" });
    expect(await dialogue(broker.port, hello, /PONG/)).toMatch(/"jetstream":true.*PONG/s);
    expect(broker).toMatchObject({
      url: `nats://127.0.0.1:${broker.port}`,
      version: binary.version,
      durability: { kind: "group-commit", intervalMs: 100 },
    });
    const varz = await fetch(`${broker.monitorUrl}/varz`).then((page) => page.json());
    expect(varz).toMatchObject({ port: broker.port, jetstream: { config: { sync_interval: 100_000_000 } } });
    expect(await broker.stop()).toEqual({ kind: "stopped" });
    expect(await broker.stop()).toEqual({ kind: "not-running" });
    expect(await stopBroker(broker.folder)).toEqual({ kind: "not-running" });
    expect(() => broker.signal("SIGHUP")).toThrow(expect.objectContaining({ code: "broker-absent" }));
  });

  test("takes the port that is named, and the recorded one again", async () => {
    verifies("BROK-21", "BROK-26");
    const first = await start();
    await first.stop();
    const state = await readBrokerRecord(first.folder);
    expect(state).toMatchObject({ kind: "stale", record: { port: first.port } });
    const second = await start({ folder: first.folder, port: first.port });
    expect(second.port).toBe(first.port);
    expect(second.pid).not.toBe(first.pid);
  });

  test("names the port that is taken", async () => {
    verifies("BROK-22");
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({ code: "port-taken", data: { port } });
    await expect(start({ monitoring: port })).rejects.toMatchObject({ code: "port-taken", data: { port } });
    squatter.close();
  });

  test("on the folder of a running broker is refused and leaves it alone", async () => {
    verifies("BROK-23");
    const broker = await start();
    const before = readFileSync(`${broker.folder}/nats-server.conf`, "utf8");
    await expect(start({ folder: broker.folder, name: "other" })).rejects.toMatchObject({
      code: "store-in-use",
      data: { pid: broker.pid },
    });
    expect(readFileSync(`${broker.folder}/nats-server.conf`, "utf8")).toBe(before);
    expect(isRunning(broker)).toBe(true);
  });

  test("wins alone when several begin at once", async () => {
    verifies("BROK-23");
    const folder = folderFor();
    const starts = await Promise.allSettled(Array.from({ length: 4 }, () => start({ folder })));
    const reasons = starts.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
    expect(reasons).toEqual(["store-in-use", "store-in-use", "store-in-use"]);
    expect((await attachBroker(folder)).version).toBe(binary.version);
  });

  test("works in a folder whose name holds quotes, newlines and braces", async () => {
    verifies("BROK-11");
    const folder = folderFor('we"ird\\ $HOME\n} #\té');
    const broker = await start({ folder });
    expect(readdirSync(`${folder}/store`)).toEqual(["jetstream"]);
    expect(readFileSync(broker.logFile, "utf8")).toContain("Server is ready");
  });

  test("reports a server that ends at once, with its cause and the end of its log", async () => {
    verifies("BROK-27");
    const folder = folderFor();
    mkdirSync(folder);
    writeFileSync(`${folder}/store`, "no folder");
    const failed = await start({ folder }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "broker-died",
      data: {
        cause: { kind: "exited", code: 1 },
        log: expect.arrayContaining([expect.stringContaining("FTL")]),
      },
    });
    expect(await readBrokerRecord(folder)).toMatchObject({ kind: "stale" });
  });

  test("ends what it has started when it is aborted or late", async () => {
    verifies("BROK-28");
    const folder = folderFor();
    // A program that never becomes ready.
    const path = `${tempFolder()}/nats-server`;
    writeFileSync(path, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const silent = { path, version: binary.version };
    await expect(start({ folder, binary: silent, startTimeoutMs: 100 })).rejects.toMatchObject({
      code: "broker-not-ready",
    });
    expect(await readBrokerRecord(folder)).toMatchObject({ kind: "stale" });

    const abort = new AbortController();
    const started = start({ folder, binary: silent, signal: abort.signal });
    await until(async () => ((await readBrokerRecord(folder)).kind === "running" ? true : undefined), {
      timeoutMs: 30_000,
    });
    abort.abort(new Error("changed my mind"));
    await expect(started).rejects.toThrow("changed my mind");
    expect(await readBrokerRecord(folder)).toMatchObject({ kind: "stale" });
    await expect(start({ folder, signal: abort.signal })).rejects.toThrow("changed my mind");
  });

  test("gives the server nothing of its own environment", async () => {
    verifies("BROK-29");
    const broker = await start();
    const environment = readFileSync(`/proc/${broker.pid}/environ`, "utf8").split("\0").filter(Boolean);
    expect(environment.filter((entry) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(entry))).toEqual([]);
  });
});

describe("the limits", () => {
  test("are held by the server", async () => {
    verifies("BROK-14", "BROK-15", "BROK-12");
    const limits = {
      connections: 2,
      subscriptions: 2,
      payloadBytes: 1000,
      memoryBytes: 4096,
      fileBytes: 8192,
    };
    const broker = await start({ limits, monitoring: "free" });
    const connectLine = `CONNECT {"verbose":false,"jwt":"${"x".repeat(60_000)}"}\r\nPING\r\n`;
    expect(await dialogue(broker.port, connectLine, /PONG|ERR/)).toContain("PONG");
    expect(await dialogue(broker.port, `PUB ${"x".repeat(70_000)} 0\r\n\r\n`, /ERR/)).toMatch(
      /maximum control line/i,
    );
    expect(await dialogue(broker.port, `${hello}PUB a 1001\r\n`, /ERR/)).toMatch(/maximum payload/i);
    expect(await dialogue(broker.port, `${hello}SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n`, /ERR/)).toMatch(
      /maximum subscriptions/i,
    );
    const varz = await fetch(`${broker.monitorUrl}/varz`).then((page) => page.json());
    expect(varz).toMatchObject({
      host: "127.0.0.1",
      max_connections: 2,
      max_pending: 64 * 1024 * 1024,
      ping_interval: 30_000_000_000,
      jetstream: { config: { max_memory: 4096, max_storage: 8192 } },
    });
  });
});

describe("the log", () => {
  test("is turned over by the server and keeps four older files", async () => {
    verifies("BROK-16");
    const folder = folderFor();
    const logs = (): string[] => readdirSync(folder).filter((name) => name.startsWith("nats-server.log"));
    const almostFull = Buffer.alloc(10 * 1024 * 1024 - 4096, "x");
    for (let turn = 1; turn <= 6; turn++) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(brokerFiles(folder).log, almostFull);
      const broker = await start({ folder });
      const turned = await until(
        () => {
          // It writes some lines about each reload.
          broker.signal("SIGHUP");
          return statSync(broker.logFile).size < almostFull.length ? true : undefined;
        },
        { timeoutMs: 30_000 },
      );
      expect(turned).toBe(true);
      await broker.stop();
      expect(logs()).toHaveLength(Math.min(turn + 1, 5));
    }
  });
});

describe("a running broker", () => {
  test("outlives its starter, and anybody finds and stops it", async () => {
    verifies("BROK-24", "BROK-25", "BROK-26");
    const folder = folderFor();
    const starter = fileURLToPath(new URL("fixtures/starter.ts", import.meta.url));
    const node = ["--conditions", "cotal-source", "--import", "tsx", starter, folder];
    const { stdout } = await promisify(execFile)(process.execPath, node, { timeout: 60_000 });
    const broker = await attachBroker(folder);
    expect({ pid: broker.pid, port: broker.port }).toEqual(JSON.parse(stdout));
    const exited = broker.exited();
    expect(await stopBroker(folder)).toEqual({ kind: "stopped" });
    expect((await exited).cause).toEqual({ kind: "unknown" });
    await expect(attachBroker(folder)).rejects.toMatchObject({ code: "broker-absent" });
  });

  test("is in a session of its own, out of the terminal's reach", async () => {
    verifies("BROK-25");
    const broker = await start();
    const fields = readFileSync(`/proc/${broker.pid}/stat`, "utf8").split(") ")[1]?.split(" ");
    expect(fields?.slice(2, 4)).toEqual([String(broker.pid), String(broker.pid)]);
  });

  test("that dies is reported with its cause and the end of its log", async () => {
    verifies("BROK-32");
    const broker = await start();
    const exited = broker.exited();
    broker.signal("SIGKILL");
    const { cause, log } = await exited;
    expect(cause).toEqual({ kind: "signalled", signal: "SIGKILL" });
    expect(log.at(-1)).toContain("Server is ready");
    const again = await start({ folder: broker.folder });
    expect(await readBrokerRecord(broker.folder)).toMatchObject({
      kind: "running",
      record: { pid: again.pid },
    });
  });

  test("that stands still is killed when its time is over", async () => {
    verifies("BROK-33");
    const broker = await start();
    broker.signal("SIGSTOP");
    // Its threads stand still one after the other; until all do, it may still answer.
    const failureNow = async (): Promise<unknown> =>
      await attachBroker(broker.folder, { timeoutMs: 50 }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const failure = await until(failureNow, { timeoutMs: 30_000 });
    expect(failure).toMatchObject({ code: "broker-not-ready" });
    expect(await broker.stop({ timeoutMs: 50 })).toEqual({ kind: "killed" });
    expect(processFacts(broker.pid).kind).not.toBe("alive");
  });

  test("that is drained ends by itself when nobody is connected", async () => {
    verifies("BROK-33");
    const broker = await start();
    const exited = broker.exited();
    expect(await broker.stop({ drain: true, timeoutMs: 60_000 })).toEqual({ kind: "stopped" });
    expect((await exited).log.join("\n")).toMatch(/lame duck/i);
  });

  test("that is drained waits for who is connected, until nobody waits for them any more", async () => {
    verifies("BROK-33");
    const broker = await start();
    const client = connect(broker.port, "127.0.0.1").setEncoding("utf8");
    let heard = "";
    client.on("data", (text: string) => {
      heard += text;
    });
    client.write('CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n');
    await until(() => heard.includes("PONG") || undefined, { timeoutMs: 30_000 });
    const over = new AbortController();
    const stopped = broker.stop({ drain: true, timeoutMs: 60_000, signal: over.signal });
    await until(() => heard.includes('"ldm":true') || undefined, { timeoutMs: 30_000 });
    expect(heard).toContain('"ldm":true');
    expect(isRunning(broker)).toBe(true);
    over.abort();
    expect(await stopped).toEqual({ kind: "killed" });
    expect(readFileSync(brokerFiles(broker.folder).log, "utf8")).toContain("JetStream Shutdown");
    client.destroy();
  });

  test("can be waited for with a signal that ends the wait", async () => {
    const broker = await start();
    await expect(broker.exited({ signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/);
    expect(isRunning(broker)).toBe(true);
  });
});

test("a starter that is killed before the start line leaves no broker", async () => {
  verifies("BROK-24");
  const folder = folderFor();
  const starter = fileURLToPath(new URL("fixtures/dying-starter.ts", import.meta.url));
  const node = ["--conditions", "cotal-source", "--import", "tsx", starter, folder];
  const death = await promisify(execFile)(process.execPath, node, { timeout: 60_000 }).catch(
    (error) => error,
  );
  expect(death.signal).toBe("SIGKILL");
  const state = await until(
    async () => {
      const seen = await readBrokerRecord(folder);
      return seen.kind === "stale" ? seen.kind : undefined;
    },
    { timeoutMs: 30_000 },
  );
  expect(state).toBe("stale");
  expect(existsSync(`${folder}/store`)).toBe(false);
});
