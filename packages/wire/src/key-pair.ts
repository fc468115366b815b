import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { decodeSeed, encodePublicNkey, encodeSeed, type NkeyKind, readPublicNkey } from "./nkey.ts";

/** The private half of an nkey. The seed stays in its closure: printing a pair shows no secret. */
export interface KeyPair {
  readonly kind: NkeyKind;
  readonly publicKey: string;
  /** Ed25519, at once: handing it to the thread pool would let later messages overtake. */
  sign(data: Uint8Array): Uint8Array;
}

/** What stands before the 32 bytes of a key in its DER form. */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
const spki = Buffer.from("302a300506032b6570032100", "hex");

export function generateSeed(kind: NkeyKind): string {
  return encodeSeed({ kind, raw: randomBytes(32) });
}

export function keyPairFromSeed(seed: string): KeyPair {
  const { kind, raw } = decodeSeed(seed);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: "der", type: "pkcs8" });
  const exported = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = encodePublicNkey({ kind, raw: exported.subarray(spki.length) });
  return { kind, publicKey, sign: (data) => sign(null, data, key) };
}

export function publicFromSeed(seed: string): string {
  return keyPairFromSeed(seed).publicKey;
}

/** The key behind the text of a public nkey, to verify with many times; `null` when the text is none. */
export function verifyingKey(publicKey: string): KeyObject | null {
  const content = readPublicNkey(publicKey);
  if (content === null) return null;
  return createPublicKey({ key: Buffer.concat([spki, content.raw]), format: "der", type: "spki" });
}

/** False as well when the key is none. */
export function verifySignature(signed: {
  readonly publicKey: string;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const key = verifyingKey(signed.publicKey);
  return key !== null && verify(null, signed.data, key, signed.signature);
}
