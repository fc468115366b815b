import { verifies } from "@cotal/requirements";
import { credsAuthenticator } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import {
  connectAuthenticator,
  formatCredential,
  generateSeed,
  parseCredential,
  publicFromSeed,
} from "../src/index.ts";
import { refusalOf } from "./peers.ts";

const seed = generateSeed("user");
const id = publicFromSeed(seed);

function jwtOf(claims: unknown): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode(claims)}.c2ln`;
}

const jwt = jwtOf({ sub: id, exp: 1_800_000_000, nats: {} });
const file = formatCredential({ jwt, seed });

describe("a credential file", () => {
  test("gives the id, the token, the key and the expiry", () => {
    verifies("WIRE-22");
    const credential = parseCredential(file);
    expect(credential).toMatchObject({ id, jwt, expiresAt: 1_800_000_000_000 });
    expect(credential.keys.publicKey).toBe(id);
    expect(parseCredential(file.replaceAll("\n", "\r\n")).id).toBe(id);
    expect(parseCredential(formatCredential({ jwt: jwtOf({ sub: id }), seed })).expiresAt).toBeUndefined();
  });

  test("answers a challenge as the client's own reader of these files does", () => {
    verifies("WIRE-23", "WIRE-20");
    const nonce = "PXoWU7zWAMt75FY";
    const reference = credsAuthenticator(Buffer.from(file));
    const answer = connectAuthenticator(parseCredential(file));
    expect(answer(nonce)).toEqual(reference(nonce));
    expect(answer()).toEqual(reference());
  });

  test("signs nothing that is no challenge", () => {
    verifies("WIRE-23");
    const answer = connectAuthenticator(parseCredential(file));
    for (const nonce of ["", "\u00ffabc", "two words", "a\n", "x".repeat(129)]) {
      expect(refusalOf(() => answer(nonce)).code).toBe("bad-nonce");
    }
  });

  test("is refused when it is torn, doubled or of two users, without showing any of it", () => {
    verifies("WIRE-22", "WIRE-21");
    const foreign = generateSeed("user");
    const account = generateSeed("account");
    const ofAccount = jwtOf({ sub: publicFromSeed(account) });
    const broken: readonly [string, string][] = [
      [formatCredential({ jwt: ofAccount, seed: account }), "bad-credential"],
      ["", "bad-credential"],
      [jwt, "bad-credential"],
      [seed, "bad-credential"],
      [file.slice(0, file.indexOf(seed)), "bad-credential"],
      [file + file, "bad-credential"],
      [formatCredential({ jwt: "a.b.c", seed }), "bad-credential"],
      [formatCredential({ jwt: jwtOf(null), seed }), "bad-credential"],
      [formatCredential({ jwt, seed: foreign }), "bad-credential"],
      [formatCredential({ jwt: jwtOf({ sub: publicFromSeed(foreign) }), seed }), "bad-credential"],
      [formatCredential({ jwt, seed: seed.slice(0, -1) }), "bad-seed"],
      [file.padEnd(200_000, "-"), "bad-credential"],
    ];
    for (const [text, expected] of broken) {
      const { code, shown } = refusalOf(() => parseCredential(text));
      expect(code).toBe(expected);
      for (const secret of [seed, foreign, account, jwt]) expect(shown).not.toContain(secret.slice(4, 30));
    }
  });
});
