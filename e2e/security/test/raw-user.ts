import { once } from "node:events";
import { connect as openSocket } from "node:net";
import { eventually, type SpaceBroker } from "@cotal/harness";
import type { Minted } from "@cotal/trust";
import { connectAuthenticator, parseCredential } from "@cotal/wire";

export type Verb = "publish" | "subscribe" | "queue";

export interface RawMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly body?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A user without a client: it can ask for anything, and hears every refusal. */
export interface RawUser {
  /** Which of the subjects the broker refused. */
  attempt(verb: Verb, subjects: readonly string[]): Promise<ReadonlySet<string>>;
  /** Publishes all of it, and gives the subjects that the broker refused. */
  publish(messages: readonly RawMessage[]): Promise<ReadonlySet<string>>;
  /** Says something in the broker's own language, and gives what it says until it has answered a ping. */
  say(lines: string): Promise<string>;
  /** Stops reading, as if it were overwhelmed. */
  pause(): void;
  /** Resolves once the broker has closed the connection, with the last it said. */
  ended(): Promise<string>;
  close(): Promise<void>;
}

const perBatch = 2000;
const refusal = /-ERR 'Permissions Violation for (?:Publish|Subscription) to "([^"]*)"/g;

export async function connectRaw({ broker }: SpaceBroker, { creds }: Minted): Promise<RawUser> {
  const socket = openSocket(broker.port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("latin1");
  // The broker may reset a connection that still writes; what it said before counts.
  socket.on("error", (error) => {
    heard += `\r\n${error.message}`;
  });
  socket.on("data", (data) => {
    heard += data;
    if (data.includes("PING\r\n")) socket.write("PONG\r\n");
  });
  const say = async (lines: string): Promise<string> => {
    heard = "";
    socket.write(`${lines}PING\r\n`);
    await eventually(() => heard.includes("PONG\r\n") || socket.closed, {
      what: "the broker's answer to a ping",
    });
    return heard;
  };
  const refusedOf = async (lines: readonly string[]): Promise<ReadonlySet<string>> => {
    const refused = new Set<string>();
    for (let at = 0; at < lines.length; at += perBatch) {
      const text = await say(lines.slice(at, at + perBatch).join(""));
      for (const [, subject = ""] of text.matchAll(refusal)) refused.add(subject);
    }
    return refused;
  };
  await eventually(() => heard.includes("\r\n"), { what: "the broker's greeting" });
  const { nonce } = JSON.parse(heard.slice("INFO ".length, heard.indexOf("\r\n")));
  const answer = connectAuthenticator(parseCredential(creds.reveal()))(nonce);
  const hello = { ...answer, verbose: false, protocol: 1, headers: true, lang: "x", version: "1" };
  await say(`CONNECT ${JSON.stringify(hello)}\r\n`);
  return {
    attempt: (verb, subjects) => refusedOf(subjects.map((subject, n) => line(verb, subject, n))),
    publish: (messages) => refusedOf(messages.map(published)),
    say,
    pause: () => void socket.pause(),
    ended: async () => {
      socket.resume();
      await eventually(() => socket.closed, { what: "the end of the connection" });
      return heard;
    },
    close: async () => {
      if (socket.closed) return;
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}

function line(verb: Verb, subject: string, n: number): string {
  if (verb === "publish") return published({ subject });
  return `SUB ${subject} ${verb === "queue" ? "q " : ""}${n}\r\nUNSUB ${n}\r\n`;
}

export function published({ subject, reply, body = "", fields }: RawMessage): string {
  const to = reply === undefined ? subject : `${subject} ${reply}`;
  const size = Buffer.byteLength(body);
  if (fields === undefined) return `PUB ${to} ${size}\r\n${body}\r\n`;
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `NATS/1.0\r\n${lines.join("")}\r\n`;
  return `HPUB ${to} ${head.length} ${head.length + size}\r\n${head}${body}\r\n`;
}
