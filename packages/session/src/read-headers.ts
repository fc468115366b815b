import type { WireHeaders } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { MsgImpl } from "@nats-io/nats-core/internal";

const decoder = new TextDecoder();
const version = "NATS/1.0";

/**
 * The headers as they stand, for who only looks at them. The client makes them ready to be changed and sent, which
 * costs several times as much, and throws at names and values that it would not send.
 */
export function readHeaders(message: Msg): WireHeaders | undefined {
  if (!(message instanceof MsgImpl)) return message.headers;
  const { hdr: length } = message._msg;
  return length > 0 ? parse(decoder.decode(message._rdata.subarray(0, length))) : undefined;
}

function parse(block: string): WireHeaders {
  const values = new Map<string, string[]>();
  const first = block.indexOf("\r\n");
  for (let start = first + 2; first >= 0 && start < block.length; ) {
    const next = block.indexOf("\r\n", start);
    const end = next < 0 ? block.length : next;
    const colon = block.indexOf(":", start);
    if (colon >= 0 && colon < end) {
      const name = block.slice(start, colon);
      const value = block.slice(colon + 1, end).trim();
      const before = values.get(name);
      if (before) before.push(value);
      else values.set(name, [value]);
    }
    start = end + 2;
  }
  const code = statusOf(first < 0 ? block : block.slice(0, first));
  return { code, [Symbol.iterator]: () => values.entries() };
}

function statusOf(line: string): number {
  return line === version ? 0 : Number.parseInt(line.replace(version, ""), 10) || 0;
}
