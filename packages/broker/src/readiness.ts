import { readdir, readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import { exposureOf } from "./exposure.ts";
import { isRunning } from "./process-facts.ts";
import type { BrokerRecord } from "./record.ts";
import { until, type Wait } from "./wait.ts";

export interface Ready {
  /** How a program of this machine reaches it. */
  readonly url: string;
  readonly port: number;
  readonly monitorUrl: string | undefined;
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
    const version = await greet(ports);
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
  const url = urlAfter(text, "nats");
  if (url === undefined) return undefined;
  return { url, port: Number(new URL(url).port), monitorUrl: urlAfter(text, "monitoring") };
}

/** A server on all addresses names each of them. */
function urlAfter(text: string, key: string): string | undefined {
  const urls = new RegExp(`"${key}":\\["(.*?)"\\]`).exec(text)?.[1]?.split('","') ?? [];
  return urls.find((url) => exposureOf(hostOf(url)) === "loopback") ?? urls[0];
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

const greetMs = 2000;
const maxGreeting = 64 * 1024;
const answer = /^INFO .*?"version":"([^"]+)".*\r\n(?:PONG|-ERR)/s;

/**
 * Reads the server's INFO and waits for its answer to a PING; an error that it states is an answer
 * too. The answer is its version. The server sees the end of the connection before this resolves.
 *
 * With TLS, INFO comes in the clear and all else after the handshake. Whose certificate it is does
 * not matter: the server is the process that has named this port, and is told nothing.
 */
function greet({ url, port }: Ports): Promise<string | undefined> {
  return new Promise((resolve) => {
    const plain = connect({ host: hostOf(url), port });
    let heard = "";
    let version: string | undefined;
    const take = (text: Buffer): void => {
      heard += text.toString();
      version = answer.exec(heard)?.[1];
      if (version !== undefined) speaking.end();
      else if (heard.length > maxGreeting) plain.destroy();
    };
    const speak = (socket: Socket): Socket => {
      socket.once("error", () => plain.destroy());
      socket.on("data", take);
      socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
      return socket;
    };
    let speaking = plain;
    plain.setTimeout(greetMs, () => plain.destroy());
    plain.once("error", () => plain.destroy());
    plain.once("close", () => resolve(version));
    if (!url.startsWith("tls:")) speak(plain);
    else
      plain.once("data", (info) => {
        take(info);
        if (version === undefined) speaking = speak(secure({ socket: plain, rejectUnauthorized: false }));
      });
  });
}
