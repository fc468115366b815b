/** What a client tells the broker. */
export type ClientFrame =
  | { readonly kind: "connect" | "ping" | "pong" }
  | {
      readonly kind: "sub";
      readonly subject: string;
      readonly queue: string | undefined;
      readonly sid: string;
    }
  | { readonly kind: "unsub"; readonly sid: string; readonly max: number | undefined }
  | ({ readonly kind: "pub" } & Published);

export interface Published {
  readonly subject: string;
  readonly reply?: string | undefined;
  /** As they travel, from `NATS/1.0` to the empty line. */
  readonly headers?: Buffer | undefined;
  readonly data: Buffer;
}

/** Reads what one write of a client holds; the client never cuts a frame in two. */
export function readFrames(bytes: Uint8Array): ClientFrame[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: ClientFrame[] = [];
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf("\r\n", at);
    const [verb = "", ...words] = all.toString("latin1", at, end).split(" ");
    at = end + 2;
    if (verb === "PUB" || verb === "HPUB") {
      const size = Number(words.at(-1));
      frames.push(publication(verb, words, all.subarray(at, at + size)));
      at += size + 2;
    } else {
      frames.push(order(verb, words));
    }
  }
  return frames;
}

function publication(verb: string, words: readonly string[], body: Buffer): ClientFrame {
  const sizes = verb === "HPUB" ? 2 : 1;
  const [subject = "", reply] = words.slice(0, -sizes);
  const headed = verb === "HPUB" ? Number(words.at(-2)) : 0;
  // A copy: the client writes its next frames over these bytes.
  const data = Buffer.from(body.subarray(headed));
  return {
    kind: "pub",
    subject,
    data,
    reply,
    headers: headed > 0 ? Buffer.from(body.subarray(0, headed)) : undefined,
  };
}

function order(verb: string, words: readonly string[]): ClientFrame {
  const [first = "", second, third] = words;
  switch (verb) {
    case "CONNECT":
      return { kind: "connect" };
    case "PING":
      return { kind: "ping" };
    case "PONG":
      return { kind: "pong" };
    case "SUB":
      return third === undefined
        ? { kind: "sub", subject: first, queue: undefined, sid: second ?? "" }
        : { kind: "sub", subject: first, queue: second, sid: third };
    case "UNSUB":
      return { kind: "unsub", sid: first, max: second === undefined ? undefined : Number(second) };
    default:
      throw new Error(`a client said ${verb}, which this broker does not know`);
  }
}

/** The fields of a header block. */
export function readHeaders(block: Buffer | undefined): ReadonlyMap<string, string> {
  const lines = block?.toString("latin1").split("\r\n").slice(1) ?? [];
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}
