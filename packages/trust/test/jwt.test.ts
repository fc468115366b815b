import { verifies } from "@cotal/requirements";
import { type CotalError, isOwnerId } from "@cotal/subjects";
import { generateSeed, keyPairFromSeed, type NkeyKind } from "@cotal/wire";
import * as reference from "@nats-io/jwt";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { maxJwtBytes, readJwt, signJwt, verifyJwt } from "../src/index.ts";
import { refusalOf } from "./refusal.ts";

const now = 1_800_000_000;
const seedOf = (kind: NkeyKind): string => generateSeed(kind);
const [operatorSeed, signingSeed, accountSeed, roleSeed, userSeed] = [
  seedOf("operator"),
  seedOf("operator"),
  seedOf("account"),
  seedOf("account"),
  seedOf("user"),
];
const operator = keyPairFromSeed(operatorSeed);
const signing = keyPairFromSeed(signingSeed);
const account = keyPairFromSeed(accountSeed);
const role = keyPairFromSeed(roleSeed);
const user = keyPairFromSeed(userSeed);
const bytes = (seed: string): Uint8Array => new TextEncoder().encode(seed);

const draft = {
  kind: "user",
  name: "alice",
  subject: user.publicKey,
  body: { pub: { allow: ["a.>"] }, issuer_account: account.publicKey },
  issuedAt: now,
  expiresAt: now + 60,
} as const;

describe("a token has the bytes that @nats-io/jwt writes", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: now * 1000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("of an operator", async () => {
    verifies("TRUST-5");
    const body = { signing_keys: [signing.publicKey], system_account: account.publicKey };
    expect(
      signJwt({ kind: "operator", name: "op", subject: operator.publicKey, body, issuedAt: now }, operator),
    ).toBe(await reference.encodeOperator("op", bytes(operatorSeed), { ...body }));
  });

  test("of an account with a signing key of one scope", async () => {
    verifies("TRUST-5");
    const template = { pub: { allow: ["x.{{subject()}}"] }, sub: { allow: ["y"] } };
    const body = {
      limits: { conn: 10, subs: -1 },
      signing_keys: [reference.newScopedSigner(role.publicKey, "agents", template)],
      revocations: { [user.publicKey]: now },
    };
    expect(
      signJwt(
        { kind: "account", name: "acme", subject: account.publicKey, body: body as never, issuedAt: now },
        signing,
      ),
    ).toBe(
      await reference.encodeAccount("acme", account.publicKey, { ...body }, { signer: bytes(signingSeed) }),
    );
  });

  test("of a user with whatever it may hold", async () => {
    verifies("TRUST-5");
    const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        ascii,
        fc.array(ascii, { maxLength: 20 }),
        fc.option(fc.nat(), { nil: undefined }),
        async (name, allow, exp) => {
          const body = {
            data: -1,
            payload: -1,
            subs: -1,
            pub: { allow },
            sub: { allow },
            tags: allow,
            issuer_account: account.publicKey,
          };
          const { issuer_account: _, ...given } = body;
          const theirs = await reference.encodeUser(name, user.publicKey, account.publicKey, given as never, {
            signer: bytes(roleSeed),
            ...(exp !== undefined && { exp }),
            nbf: now,
          });
          const ours = signJwt(
            {
              kind: "user",
              name,
              subject: user.publicKey,
              body,
              issuedAt: now,
              expiresAt: exp,
              notBefore: now,
            },
            role,
          );
          expect(ours).toBe(theirs);
          expect(reference.decode(ours)).toEqual(readJwt("user", ours));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a token", () => {
  const jwt = signJwt(draft, role);
  const trust = { issuers: [role.publicKey], at: now * 1000 };
  const codeOf = (action: () => unknown): CotalError["code"] => refusalOf(action).code;

  test("says what was signed, to those who trust its issuer, until it expires", () => {
    verifies("TRUST-47");
    const claims = verifyJwt("user", jwt, trust);
    expect(claims).toMatchObject({ name: "alice", sub: user.publicKey, iss: role.publicKey, exp: now + 60 });
    expect(isOwnerId(claims.sub)).toBe(true);
    expect(verifyJwt("user", jwt, { ...trust, at: (now + 60) * 1000 - 1 })).toEqual(claims);
  });

  test("is refused from its last second on, and before its first", () => {
    verifies("TRUST-47");
    expect(codeOf(() => verifyJwt("user", jwt, { ...trust, at: (now + 60) * 1000 }))).toBe("auth-expired");
    const later = signJwt({ ...draft, notBefore: now + 10 }, role);
    expect(codeOf(() => verifyJwt("user", later, { ...trust, at: (now + 10) * 1000 - 1 }))).toBe(
      "not-yet-valid",
    );
    expect(verifyJwt("user", later, { ...trust, at: (now + 10) * 1000 }).nbf).toBe(now + 10);
  });

  test("of an issuer that is not trusted is refused", () => {
    verifies("TRUST-47");
    expect(codeOf(() => verifyJwt("user", jwt, { ...trust, issuers: [account.publicKey] }))).toBe(
      "foreign-issuer",
    );
    expect(codeOf(() => verifyJwt("user", jwt, { ...trust, issuers: [] }))).toBe("foreign-issuer");
  });

  test("with one character changed anywhere is refused", () => {
    verifies("TRUST-47");
    fc.assert(
      fc.property(fc.nat(jwt.length - 1), fc.constantFrom(..."ABab01-_.= "), (at, letter) => {
        fc.pre(jwt[at] !== letter);
        const changed = `${jwt.slice(0, at)}${letter}${jwt.slice(at + 1)}`;
        expect(["bad-jwt", "forged-jwt"]).toContain(codeOf(() => readJwt("user", changed)));
      }),
      { numRuns: 500 },
    );
  });

  test("with the claims of one and the signature of another is refused", () => {
    verifies("TRUST-47");
    const other = signJwt({ ...draft, name: "mallory" }, role).split(".");
    const [head, , signature] = jwt.split(".");
    expect(codeOf(() => readJwt("user", [head, other[1], signature].join(".")))).toBe("forged-jwt");
  });

  test("of another kind, version, algorithm or issuer kind is refused", () => {
    verifies("TRUST-47");
    expect(codeOf(() => readJwt("account", jwt))).toBe("bad-jwt");
    const claims = readJwt("user", jwt);
    const resigned = (change: object, head = { typ: "JWT", alg: "ed25519-nkey" }, by = role): string => {
      const text = [head, { ...claims, ...change }]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString("base64url")}`;
    };
    expect(readJwt("user", resigned({}))).toEqual(claims);
    const bad = [
      resigned({}, { typ: "JWT", alg: "none" }),
      resigned({}, { typ: "JWT", alg: "ed25519" }),
      resigned({ nats: { ...claims.nats, version: 1 } }),
      resigned({ nats: { ...claims.nats, type: "account" } }),
      resigned({ nats: null }),
      resigned({ iss: operator.publicKey }, undefined, operator),
      resigned({ iss: user.publicKey }, undefined, user),
      resigned({ iss: 7 }),
      resigned({ sub: account.publicKey }),
      resigned({ exp: "never" }),
      resigned({ exp: -1 }),
      resigned({ nbf: 1.5 }),
      resigned({ iat: undefined }),
    ];
    for (const text of bad) expect(codeOf(() => readJwt("user", text))).toBe("bad-jwt");
  });

  test("is not what a text of another form is", () => {
    verifies("TRUST-47");
    const [head, claims, signature] = jwt.split(".");
    const texts = [
      "",
      ".",
      "..",
      "a.b.c",
      "x".repeat(10 * maxJwtBytes.user),
      `${jwt}.`,
      `${jwt}.x`,
      ` ${jwt}`,
      `${jwt}\n`,
      `${head}.${Buffer.from("[]").toString("base64url")}.${signature}`,
      `${head}.${Buffer.from("null").toString("base64url")}.${signature}`,
      `${head}.${Buffer.from("{").toString("base64url")}.${signature}`,
      `${head}.${claims}.`,
      `${head}.${claims}.${signature}==`,
    ];
    for (const text of texts) expect(codeOf(() => readJwt("user", text))).toBe("bad-jwt");
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(codeOf(() => readJwt("user", text))).toBe("bad-jwt");
      }),
    );
  });

  test("is not signed by or for a key of another kind, nor beyond its largest size", () => {
    verifies("TRUST-7", "TRUST-47");
    expect(codeOf(() => signJwt(draft, operator))).toBe("bad-key");
    expect(codeOf(() => signJwt({ ...draft, subject: account.publicKey }, role))).toBe("bad-key");
    expect(codeOf(() => signJwt({ ...draft, subject: "*" }, role))).toBe("bad-key");
    const large = { ...draft, body: { pub: { allow: ["a".repeat(maxJwtBytes.user)] } } };
    expect(codeOf(() => signJwt(large, role))).toBe("too-large");
  });
});
