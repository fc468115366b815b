import { once } from "node:events";
import { connect as openSocket } from "node:net";
import { eventually, type SpaceBroker } from "@cotal/harness";
import type { Minted } from "@cotal/trust";
import { connectAuthenticator, parseCredential } from "@cotal/wire";

export type Verb = "publish" | "subscribe" | "queue";

/** A user without a client: it can ask for anything, and hears every refusal. */
export interface RawUser {
  /** Which of the subjects the broker refused. */
  attempt(verb: Verb, subjects: readonly string[], reply?: string): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

const perBatch = 2000;
const refusal = /-ERR 'Permissions Violation for (?:Publish|Subscription) to "([^"]*)"/g;

export async function connectRaw({ broker }: SpaceBroker, { creds }: Minted): Promise<RawUser> {
  const socket = openSocket(broker.port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    heard += data;
    if (data.includes("PING\r\n")) socket.write("PONG\r\n");
  });
  const flush = async (lines: string): Promise<string> => {
    heard = "";
    socket.write(`${lines}PING\r\n`);
    await eventually(() => heard.includes("PONG\r\n"), { what: "the broker's answer to a ping" });
    return heard;
  };
  await eventually(() => heard.includes("\r\n"), { what: "the broker's greeting" });
  const { nonce } = JSON.parse(heard.slice("INFO ".length, heard.indexOf("\r\n")));
  const answer = connectAuthenticator(parseCredential(creds.reveal()))(nonce);
  const hello = { ...answer, verbose: false, protocol: 1, headers: true, lang: "x", version: "1" };
  await flush(`CONNECT ${JSON.stringify(hello)}\r\n`);
  return {
    attempt: async (verb, subjects, reply) => {
      const refused = new Set<string>();
      for (let at = 0; at < subjects.length; at += perBatch) {
        const batch = subjects.slice(at, at + perBatch);
        const text = await flush(batch.map((subject, n) => line(verb, { subject, n, reply })).join(""));
        for (const [, subject = ""] of text.matchAll(refusal)) refused.add(subject);
      }
      return refused;
    },
    close: async () => {
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}

function line(
  verb: Verb,
  { subject, n, reply }: { subject: string; n: number; reply: string | undefined },
): string {
  if (verb === "publish") return `PUB ${subject} ${reply === undefined ? "" : `${reply} `}0\r\n\r\n`;
  return `SUB ${subject} ${verb === "queue" ? "q " : ""}${n}\r\nUNSUB ${n}\r\n`;
}
