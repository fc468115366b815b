import { CotalError } from "@cotal/subjects";
import { generateSeed, type KeyPair, keyPairFromSeed, type NkeyKind } from "@cotal/wire";
import { type Secret, secret } from "./secret.ts";

/** A key pair together with the seed that it can be stored by. */
export interface SigningKey extends KeyPair {
  readonly seed: Secret;
}

export function newSigningKey(kind: NkeyKind): SigningKey {
  return signingKeyFrom(kind, generateSeed(kind));
}

/** Refuses a seed of another kind. No error holds any of its text. */
export function signingKeyFrom(kind: NkeyKind, seed: string): SigningKey {
  const keys = keyPairFromSeed(seed);
  if (keys.kind === kind) return { ...keys, seed: secret(seed) };
  throw new CotalError("bad-seed", `this is the seed of an ${keys.kind} key, not of an ${kind} key`, {
    hint: "two files were confused; take each from where it was written",
  });
}
