import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { decodeSeed, encodePublicNkey, encodeSeed, type NkeyKind, readPublicNkey } from "./nkey.ts";

/** The private half of an nkey. The seed stays in its closure: printing a pair shows no secret. */
export interface KeyPair {
  readonly kind: NkeyKind;
  readonly publicKey: string;
  /** Ed25519, at once: handing it to the thread pool would let later messages overtake. */
  sign(data: Uint8Array): Uint8Array;
}

/** What a key says of itself as a JWK, by which keys come and go ten times as fast as in their DER form. */
const jwk = { kty: "OKP", crv: "Ed25519" } as const;

export function generateSeed(kind: NkeyKind): string {
  return encodeSeed({ kind, raw: randomBytes(32) });
}

export function keyPairFromSeed(seed: string): KeyPair {
  const { kind, raw } = decodeSeed(seed);
  // What is given as its public half is not looked at: it follows from the private one.
  const key = createPrivateKey({ key: { ...jwk, d: base64url(raw), x: "" }, format: "jwk" });
  const { x = "" } = key.export({ format: "jwk" });
  const publicKey = encodePublicNkey({ kind, raw: Buffer.from(x, "base64url") });
  return { kind, publicKey, sign: (data) => sign(null, data, key) };
}

export function publicFromSeed(seed: string): string {
  return keyPairFromSeed(seed).publicKey;
}

/** The key behind the text of a public nkey, to verify with many times; `null` when the text is none. */
export function verifyingKey(publicKey: string): KeyObject | null {
  const content = readPublicNkey(publicKey);
  if (content === null) return null;
  return createPublicKey({ key: { ...jwk, x: base64url(content.raw) }, format: "jwk" });
}

function base64url(raw: Uint8Array): string {
  return Buffer.from(raw).toString("base64url");
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
