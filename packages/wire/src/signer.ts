import type { KeyPair } from "./key-pair.ts";
import { maxBurst, type Outgoing, signBurst } from "./sign-burst.ts";

/** Signs what is sent. All that is handed over in one turn of the event loop shares one signature. */
export interface Signer {
  /** The headers to publish with, in the order of the calls, at the end of the turn. */
  sign(item: Outgoing): Promise<Record<string, string>>;
}

interface Waiting {
  readonly item: Outgoing;
  readonly resolve: (headers: Record<string, string>) => void;
  readonly reject: (error: unknown) => void;
}

/** `now` is broker time in ms. */
export function createSigner(keys: KeyPair, { now }: { readonly now: () => number }): Signer {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    const turn = waiting;
    waiting = [];
    for (let at = 0; at < turn.length; at += maxBurst) settle(keys, now, turn.slice(at, at + maxBurst));
  };
  return {
    sign: (item) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush);
      }),
  };
}

function settle(keys: KeyPair, now: () => number, burst: readonly Waiting[]): void {
  try {
    const items = burst.map(({ item }) => item);
    const headers = signBurst(keys, { signedAt: Math.floor(now()), items });
    for (const [at, { resolve }] of burst.entries()) resolve(headers[at] ?? {});
  } catch (error) {
    for (const { reject } of burst) reject(error);
  }
}
