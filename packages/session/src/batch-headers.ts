import { type MsgHdrs, MsgHdrsImpl } from "@nats-io/nats-core";

/** The headers of one message of a batch: its own, and its place in the batch. */
export type NumberHeaders = (
  own: MsgHdrs | undefined,
  sequence: number,
  options?: { readonly isLast: boolean },
) => MsgHdrs;

/**
 * Many messages of a batch share their headers, which are written out once for all of them: to send a set, the
 * client asks for nothing but its bytes.
 */
export function numberHeaders(id: string): NumberHeaders {
  const written = new Map<MsgHdrs | undefined, Uint8Array>();
  const bytesOf = (own: MsgHdrs | undefined): Uint8Array => {
    const known = written.get(own);
    if (known) return known;
    const bytes = withoutEnd(own);
    written.set(own, bytes);
    return bytes;
  };
  return (own, sequence, { isLast } = { isLast: false }) => {
    const shared = bytesOf(own);
    const commit = isLast ? "Nats-Batch-Commit: 1\r\n" : "";
    const place = `Nats-Batch-Id: ${id}\r\nNats-Batch-Sequence: ${sequence}\r\n${commit}\r\n`;
    const bytes = Buffer.allocUnsafe(shared.byteLength + place.length);
    bytes.set(shared);
    bytes.write(place, shared.byteLength, "latin1");
    const numbered = new MsgHdrsImpl();
    numbered.encode = () => bytes;
    return numbered;
  };
}

/** All but the empty line that ends headers. */
function withoutEnd(own: MsgHdrs | undefined): Uint8Array {
  const set = new MsgHdrsImpl();
  for (const [name, values] of own ?? []) for (const value of values) set.append(name, value);
  return set.size() === 0 ? Buffer.from("NATS/1.0\r\n") : set.encode().subarray(0, -2);
}
