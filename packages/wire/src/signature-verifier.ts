import { type KeyObject, verify } from "node:crypto";
import type { OwnerId } from "@cotal/subjects";
import { BoundedMap } from "./bounded-map.ts";
import type { HeaderValues } from "./headers.ts";
import { verifyingKey } from "./key-pair.ts";
import { leafOf, rootFrom } from "./merkle.ts";
import { signedBytes } from "./sign-burst.ts";
import { readSignature } from "./signature-headers.ts";

/** How far apart the moments of signing and of storing may lie. */
export const freshnessWindowMs = 120_000;

export interface SignedEntry {
  /** The full subject under which it was published. */
  readonly subject: string;
  readonly sender: OwnerId;
  readonly headers: HeaderValues;
  readonly bytes: Uint8Array;
  /** Broker time in ms; absent when it is received now. */
  readonly storedAt?: number | undefined;
}

export type SignatureVerdict =
  /** `at` is the broker time that it was held against. */
  | { readonly kind: "valid"; readonly signedAt: number; readonly at: number }
  | { readonly kind: "unsigned" | "bad-signature" | "replayed" };

/** Checks signatures and freshness. The id of the sender is its key, so it needs no directory. */
export interface SignatureVerifier {
  verify(entry: SignedEntry): SignatureVerdict;
}

export interface SignatureVerifierOptions {
  /** Broker time in ms. */
  readonly now: () => number;
  /** How many verified bursts and how many keys are remembered. */
  readonly maxRemembered?: number;
}

export function createSignatureVerifier({
  now,
  maxRemembered = 4096,
}: SignatureVerifierOptions): SignatureVerifier {
  const keys = new BoundedMap<KeyObject>(maxRemembered);
  const verified = new BoundedMap<true>(maxRemembered);

  const keyOf = (sender: OwnerId): KeyObject | null => {
    const known = keys.get(sender);
    if (known !== undefined) return known;
    const key = verifyingKey(sender);
    if (key !== null) keys.set(sender, key);
    return key;
  };

  /** Only what was found valid is remembered: what strangers send can push nothing out. */
  const isSigned = (sender: OwnerId, root: Uint8Array, signature: Uint8Array): boolean => {
    const mark = `${sender}${Buffer.from(root).toString("latin1")}${Buffer.from(signature).toString("latin1")}`;
    if (verified.get(mark)) return true;
    const key = keyOf(sender);
    const valid = key !== null && verify(null, signedBytes(root), key, signature);
    if (valid) verified.set(mark, true);
    return valid;
  };

  return {
    verify: ({ subject, sender, headers, bytes, storedAt }) => {
      const signed = readSignature(headers);
      if (signed === "unsigned") return { kind: "unsigned" };
      if (signed === null) return { kind: "bad-signature" };
      const { signedAt, signature, path } = signed;
      const at = storedAt ?? now();
      if (!(Math.abs(at - signedAt) <= freshnessWindowMs)) return { kind: "replayed" };
      const root = rootFrom(leafOf({ subject, signedAt, bytes }), path);
      return isSigned(sender, root, signature) ? { kind: "valid", signedAt, at } : { kind: "bad-signature" };
    },
  };
}
