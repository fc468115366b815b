import type { Transport } from "@nats-io/transport-node";

/** The broker's end of a connection. */
export interface Line {
  readonly isOpen: boolean;
  write(bytes: Buffer): void;
  /** Ends it as a lost connection ends. */
  cut(): void;
}

/** Who answers when a client dials. What is thrown refuses the call. */
export interface Exchange {
  accept(line: Line): Promise<Party>;
}

/** What the broker makes of a line. */
export interface Party {
  hear(bytes: Uint8Array): void;
  /** The client has hung up, or the line was cut. */
  gone(): void;
}

/** A connection that is no socket: what one end writes the other reads. */
export function memoryTransport(exchange: Exchange): Transport {
  let chunks: Buffer[] = [];
  let wake: () => void = () => undefined;
  let party: Party | undefined;
  let isClosed = false;
  let settle: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const end = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    party?.gone();
    wake();
    settle();
  };
  const line: Line = {
    get isOpen() {
      return !isClosed;
    },
    write: (bytes) => {
      chunks.push(bytes);
      wake();
    },
    cut: () => void end(),
  };
  return {
    get isClosed() {
      return isClosed;
    },
    lang: "nats.js",
    version: "memory",
    connect: async () => {
      party = await exchange.accept(line);
    },
    async *[Symbol.asyncIterator]() {
      while (!isClosed) {
        const heard = chunks;
        chunks = [];
        yield* heard;
        if (chunks.length > 0 || isClosed) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    isEncrypted: () => false,
    send: (frame) => {
      if (!isClosed) party?.hear(frame);
    },
    close: end,
    disconnect: () => void end(),
    closed: () => closed,
    discard: () => void end(),
  };
}
