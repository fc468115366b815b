import { verifies } from "@cotal/requirements";
import {
  createAccount,
  createOperator,
  type createPair,
  createServer,
  createUser,
  fromPublic,
  fromSeed,
} from "@nats-io/nkeys";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodePublicNkey,
  decodeSeed,
  encodePublicNkey,
  encodeSeed,
  generateSeed,
  keyPairFromSeed,
  type NkeyKind,
  publicFromSeed,
  verifySignature,
} from "../src/index.ts";
import { refusalOf } from "./peers.ts";

const kinds = ["operator", "account", "user", "server"] as const;
const created: Readonly<Record<NkeyKind, () => ReturnType<typeof createPair>>> = {
  operator: createOperator,
  account: createAccount,
  user: createUser,
  server: createServer,
};
const anyKind = fc.constantFrom(...kinds);
const anyRaw = fc.uint8Array({ minLength: 32, maxLength: 32 });
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("keys", () => {
  test("made here are read by the reference library with the same public key and signature", () => {
    verifies("WIRE-20");
    fc.assert(
      fc.property(anyKind, anyRaw, fc.uint8Array({ maxLength: 64 }), (kind, raw, data) => {
        const seed = encodeSeed({ kind, raw });
        const reference = fromSeed(Buffer.from(seed));
        const keys = keyPairFromSeed(seed);
        expect(keys.publicKey).toBe(reference.getPublicKey());
        expect(Buffer.from(keys.sign(data)).equals(reference.sign(data))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("made by the reference library are read here, written the same, and verify both ways", () => {
    verifies("WIRE-20");
    const data = Buffer.from("some data");
    for (const kind of kinds) {
      for (let round = 0; round < 8; round++) {
        const reference = created[kind]();
        const seed = textOf(reference.getSeed());
        const content = decodeSeed(seed);
        expect(content.kind).toBe(kind);
        expect(encodeSeed(content)).toBe(seed);
        const publicKey = publicFromSeed(seed);
        expect(publicKey).toBe(reference.getPublicKey());
        expect(encodePublicNkey(decodePublicNkey(publicKey))).toBe(publicKey);
        expect(verifySignature({ publicKey, data, signature: reference.sign(data) })).toBe(true);
        expect(fromPublic(publicKey).verify(data, keyPairFromSeed(seed).sign(data))).toBe(true);
      }
    }
  });

  test("come out of encoding and decoding as they were", () => {
    verifies("WIRE-20");
    fc.assert(
      fc.property(anyKind, anyRaw, (kind, raw) => {
        const seed = decodeSeed(encodeSeed({ kind, raw }));
        const key = decodePublicNkey(encodePublicNkey({ kind, raw }));
        expect([seed.kind, key.kind]).toEqual([kind, kind]);
        expect([Buffer.compare(seed.raw, raw), Buffer.compare(key.raw, raw)]).toEqual([0, 0]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("are refused when one character differs, is missing or is added", () => {
    verifies("WIRE-20", "WIRE-21");
    const anyCharacter = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abc018= é");
    fc.assert(
      fc.property(anyKind, anyRaw, fc.nat(57), anyCharacter, fc.nat(2), (kind, raw, at, character, keep) => {
        const seed = encodeSeed({ kind, raw });
        const torn = seed.slice(0, at) + character.repeat(keep) + seed.slice(at + 1);
        fc.pre(torn !== seed);
        expect(refusalOf(() => decodeSeed(torn)).code).toBe("bad-seed");
        const key = encodePublicNkey({ kind, raw });
        const tornKey = key.slice(0, at % 56) + character.repeat(keep) + key.slice((at % 56) + 1);
        fc.pre(tornKey !== key);
        expect(refusalOf(() => decodePublicNkey(tornKey)).code).toBe("bad-key");
      }),
      { numRuns: 5_000 },
    );
  });

  test("never show a seed, neither in an error nor when a pair is printed", () => {
    verifies("WIRE-21");
    const seed = generateSeed("user");
    for (const torn of [
      seed.slice(1),
      `${seed}A`,
      seed.toLowerCase(),
      seed.replace(/.$/, "!"),
      `${seed}\n`,
    ]) {
      const { code, shown } = refusalOf(() => keyPairFromSeed(torn));
      expect(code).toBe("bad-seed");
      expect(shown.toLowerCase()).not.toContain(seed.slice(10, 30).toLowerCase());
    }
    expect(JSON.stringify(keyPairFromSeed(seed))).not.toContain(seed.slice(2, 20));
  });

  test("are not verified with a public key that is none, and not made of too few bytes", () => {
    verifies("WIRE-20");
    const data = Buffer.from("x");
    expect(verifySignature({ publicKey: "U".repeat(56), data, signature: new Uint8Array(64) })).toBe(false);
    expect(verifySignature({ publicKey: "", data, signature: new Uint8Array(64) })).toBe(false);
    expect(refusalOf(() => encodeSeed({ kind: "user", raw: new Uint8Array(31) })).code).toBe("bad-seed");
    expect(refusalOf(() => encodePublicNkey({ kind: "user", raw: new Uint8Array(33) })).code).toBe("bad-key");
    expect(refusalOf(() => decodePublicNkey(generateSeed("user"))).code).toBe("bad-key");
    expect(refusalOf(() => decodeSeed(publicFromSeed(generateSeed("user")))).code).toBe("bad-seed");
  });
});
