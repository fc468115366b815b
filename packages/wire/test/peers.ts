import { asOwnerId, asToken, type OwnerId, type Token } from "@cotal/subjects";
import { generateSeed, type KeyPair, keyPairFromSeed, type WireHeaders } from "../src/index.ts";

export interface TestPeer {
  readonly keys: KeyPair;
  readonly id: OwnerId;
}

export function newPeer(): TestPeer {
  const keys = keyPairFromSeed(generateSeed("user"));
  return { keys, id: asOwnerId(keys.publicKey) };
}

export const space: Token = asToken("space", "main");
export const alice: TestPeer = newPeer();
export const bob: TestPeer = newPeer();

/** Headers with one value each, as the client shows them. */
export function headersOf(values: Readonly<Record<string, string>>, code?: number): WireHeaders {
  const entries = Object.entries(values).map(([name, value]): [string, string[]] => [name, [value]]);
  return Object.assign(new Map(entries), code === undefined ? {} : { code });
}

export function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

/** The code of the error that `action` must throw, and all the error shows of itself. */
export function refusalOf(action: () => unknown): { code: unknown; shown: string } {
  try {
    action();
  } catch (error) {
    const { code, hint, data, cause, message, stack } = error as Error & Record<string, unknown>;
    return { code, shown: JSON.stringify([message, hint, data, String(cause), stack]) };
  }
  throw new Error("it was not refused");
}
