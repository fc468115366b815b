import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to the broker on which some publishes go twice, the first time without asking for an answer. */
export interface SentTwice extends AsyncDisposable {
  readonly url: string;
}

const host = "127.0.0.1";

/** Those whose subject holds `part`. What it looks for has to come in one piece, as the client sends it. */
export async function startSentTwice(targetPort: number, part: string): Promise<SentTwice> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(targetPort, host);
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => from.destroy());
      from.once("close", () => to.destroy());
      from.on("data", (chunk: Buffer) => to.write(from === client ? doubled(chunk, part) : chunk));
    }
  });
  server.listen(0, host);
  await once(server, "listening");
  return {
    url: `nats://${host}:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** `HPUB <subject> <reply> <bytes of the headers> <bytes>`, a line break, and so many bytes and a line break. */
const publish = /HPUB (\S+) \S+ (\d+ (\d+))\r\n/;

function doubled(chunk: Buffer, part: string): Buffer {
  const text = chunk.toString("latin1");
  const found = publish.exec(text);
  const [line, subject = "", sizes, total] = found ?? [];
  if (!found || line === undefined || !subject.includes(part)) return chunk;
  const body = text.slice(found.index + line.length, found.index + line.length + Number(total) + 2);
  const first = `HPUB ${subject} ${sizes}\r\n${body}`;
  return Buffer.from(text.slice(0, found.index) + first + text.slice(found.index), "latin1");
}
