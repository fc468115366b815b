import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

export interface BareBroker {
  readonly child: ChildProcess;
  /** From nothing to its last stream, in ms. */
  readonly tookMs: number;
}

/** Of an operator, two accounts and a user. */
const keys = 4;
/** As a space has, buckets included. */
const streams = 14;

/** What nobody can do without: keys, a broker with a store, and streams, by the bare client. */
export async function startBareBroker(binary: string, folder: string): Promise<BareBroker> {
  const port = await freePort();
  const from = performance.now();
  for (let key = 0; key < keys; key++) generateKeyPairSync("ed25519");
  await mkdir(folder);
  const file = join(folder, "nats.conf");
  await writeFile(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(folder, "store")}" }\n`);
  const child = spawn(binary, ["-c", file], { stdio: "ignore" });
  const connection = await connected(port);
  const manager = await jetstreamManager(connection);
  await Promise.all(
    Array.from({ length: streams }, (_, at) =>
      manager.streams.add({ name: `S${at}`, subjects: [`s${at}.>`] }),
    ),
  );
  const tookMs = performance.now() - from;
  await connection.close();
  return { child, tookMs };
}

const lookMs = 5;

async function connected(port: number): Promise<NatsConnection> {
  for (;;) {
    try {
      return await connect({ servers: `127.0.0.1:${port}`, reconnect: false });
    } catch {
      // It is not there yet.
      await pause(lookMs);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
