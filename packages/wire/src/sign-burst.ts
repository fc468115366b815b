import type { KeyPair } from "./key-pair.ts";
import { leafOf, maxPathLength, treeOver } from "./merkle.ts";
import { signatureHeaders } from "./signature-headers.ts";

/** What is to be signed: the subject it is published on, and its body as it travels. */
export interface Outgoing {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

export const maxBurst: number = 2 ** maxPathLength;

/**
 * One signature for all of `items`, at most `maxBurst`: the headers of each, in the given order.
 * `signedAt` is broker time in ms.
 */
export function signBurst(
  keys: KeyPair,
  { signedAt, items }: { readonly signedAt: number; readonly items: readonly Outgoing[] },
): Record<string, string>[] {
  if (items.length > maxBurst) throw new RangeError(`a burst has at most ${maxBurst} messages`);
  const { root, paths } = treeOver(items.map((item) => leafOf({ ...item, signedAt })));
  const signature = keys.sign(signedBytes(root));
  return paths.map((path) => signatureHeaders({ signedAt, signature, path }));
}

/**
 * What the key signs for a root. The first byte stands in no UTF-8 text, so that the challenge of a
 * broker, which the same key signs at connect, can never be the root of somebody's messages.
 */
export function signedBytes(root: Uint8Array): Uint8Array {
  return Buffer.concat([mark, root]);
}

const mark = Uint8Array.of(0xff);
