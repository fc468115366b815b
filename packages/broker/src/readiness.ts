import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { host } from "./config.ts";
import { isRunning } from "./process-facts.ts";
import type { BrokerRecord } from "./record.ts";
import { until, type Wait } from "./wait.ts";

export interface Ready {
  readonly port: number;
  readonly monitorPort: number | undefined;
  readonly version: string;
}

/** Waits until the server has named its ports and answers there. */
export async function awaitReady(
  folder: string,
  record: BrokerRecord,
  wait: Wait,
): Promise<Ready | "ended" | "late"> {
  const outcome = await until(async () => {
    if (!isRunning(record)) return "ended";
    const ports = await readPorts(folder, record.pid);
    if (ports === undefined) return undefined;
    const version = await greet(ports.port);
    return version === undefined ? undefined : { ...ports, version };
  }, wait);
  return outcome ?? "late";
}

type Ports = Omit<Ready, "version">;

/** The server writes `<program>_<pid>.ports` when it listens. `undefined`: not yet, or half of it. */
async function readPorts(folder: string, pid: number): Promise<Ports | undefined> {
  const name = (await readdir(folder)).find((file) => file.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const text = await readFile(`${folder}/${name}`, "utf8");
  const port = portAfter(text, "nats");
  return port === undefined ? undefined : { port, monitorPort: portAfter(text, "monitoring") };
}

function portAfter(text: string, key: string): number | undefined {
  const port = new RegExp(`"${key}":\\["[a-z]+://127\\.0\\.0\\.1:(\\d{1,5})"`).exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

const greetMs = 2000;
const maxGreeting = 64 * 1024;

/**
 * Reads the server's INFO and waits for its answer to a PING; an error that it states is an answer
 * too. The answer is its version. The server sees the end of the connection before this resolves.
 */
function greet(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let heard = "";
    let version: string | undefined;
    socket.setEncoding("utf8");
    socket.setTimeout(greetMs, () => socket.destroy());
    socket.once("error", () => socket.destroy());
    socket.once("close", () => resolve(version));
    socket.once("connect", () => socket.write('CONNECT {"verbose":false}\r\nPING\r\n'));
    socket.on("data", (text: string) => {
      heard += text;
      version = /^INFO .*?"version":"([^"]+)".*\r\n(?:PONG|-ERR)/s.exec(heard)?.[1];
      if (version !== undefined) socket.end();
      else if (heard.length > maxGreeting) socket.destroy();
    });
  });
}
