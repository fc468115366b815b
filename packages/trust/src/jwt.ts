import { createHash } from "node:crypto";
import { CotalError, quoted } from "@cotal/subjects";
import { decodePublicNkey, type KeyPair, type NkeyKind, verifySignature } from "@cotal/wire";
import type { ClaimsKind, ClaimsOf, Seconds } from "./claims.ts";

/** What a new token shall say; who signs it and when is given beside it. */
export interface JwtDraft<Kind extends ClaimsKind> {
  readonly kind: Kind;
  readonly name: string;
  readonly subject: string;
  readonly body: Omit<ClaimsOf<Kind>["nats"], "type" | "version">;
  readonly issuedAt: Seconds;
  readonly expiresAt?: Seconds | undefined;
  readonly notBefore?: Seconds | undefined;
}

/**
 * The largest token of each kind. A user's is part of a control line; an account's grows with the users
 * that were revoked, and travels as the payload of a request.
 */
export const maxJwtBytes: Readonly<Record<ClaimsKind, number>> = {
  operator: 48 * 1024,
  account: 768 * 1024,
  user: 48 * 1024,
};

const header = toText({ typ: "JWT", alg: "ed25519-nkey" });

/** Whose key a token is about, and whose keys may sign it. */
const parties: Readonly<Record<ClaimsKind, { readonly subject: NkeyKind; readonly issuer: NkeyKind }>> = {
  operator: { subject: "operator", issuer: "operator" },
  account: { subject: "account", issuer: "operator" },
  user: { subject: "user", issuer: "account" },
};

/** Signs a token. Names, order and hash are those of `@nats-io/jwt`: the bytes are the same. */
export function signJwt<Kind extends ClaimsKind>(draft: JwtDraft<Kind>, issuer: KeyPair): string {
  const { kind, name, subject, body, issuedAt, expiresAt, notBefore } = draft;
  if (decodePublicNkey(subject).kind !== parties[kind].subject || issuer.kind !== parties[kind].issuer) {
    throw new CotalError("bad-key", `a key of another kind cannot take part in a token of kind ${kind}`);
  }
  const claims = {
    exp: expiresAt,
    nbf: notBefore,
    aud: "NATS",
    name,
    sub: subject,
    nats: { ...body, type: kind, version: 2 },
    iss: issuer.publicKey,
    iat: issuedAt,
  };
  const jti = createHash("sha512").update(JSON.stringify(claims)).digest("base64");
  const signed = `${header}.${toText({ ...claims, jti })}`;
  const jwt = `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`;
  const limit = maxJwtBytes[kind];
  if (jwt.length <= limit) return jwt;
  throw new CotalError("too-large", `the token has ${jwt.length} bytes, the limit is ${limit}`, {
    hint:
      kind === "user"
        ? "grant fewer or shorter patterns"
        : "use fewer shards, or wait until revocations age out",
    data: { bytes: jwt.length, limit },
  });
}

/** What the signature vouches for. The text must be exactly what a signer writes; when it is valid is not asked. */
export function readJwt<Kind extends ClaimsKind>(kind: Kind, jwt: string): ClaimsOf<Kind> {
  const [first, second, third, ...rest] = jwt.length <= maxJwtBytes[kind] ? jwt.split(".") : [];
  const signature = third === undefined ? null : fromText(third);
  const claims = second === undefined ? null : readClaims(second);
  if (first !== header || !claims || signature?.byteLength !== 64 || rest.length > 0) {
    throw malformed("it is not in the second format of the broker");
  }
  if (!isOfKind(kind, claims)) throw malformed(`it is not the token of one ${kind}`);
  const data = Buffer.from(`${first}.${second}`);
  if (!verifySignature({ publicKey: claims.iss, data, signature })) {
    throw new CotalError("forged-jwt", "a token does not carry the signature of its issuer", {
      hint: "it was changed after it was signed; take the original",
    });
  }
  return claims;
}

export interface JwtTrust {
  /** Public keys that may have signed. */
  readonly issuers: readonly string[];
  /** In ms since 1970. */
  readonly at: number;
}

/** Reads a token that one of these issuers signed and that is valid at that moment. */
export function verifyJwt<Kind extends ClaimsKind>(
  kind: Kind,
  jwt: string,
  { issuers, at }: JwtTrust,
): ClaimsOf<Kind> {
  const claims = readJwt(kind, jwt);
  if (!issuers.includes(claims.iss)) {
    throw new CotalError(
      "foreign-issuer",
      `${quoted(claims.iss)} may not sign a token of kind ${kind} here`,
      {
        hint: "it belongs to another broker or space, or its signing key was removed",
        data: { issuer: claims.iss },
      },
    );
  }
  const { exp, nbf } = claims;
  if (exp !== undefined && exp * 1000 <= at) {
    throw new CotalError("auth-expired", `a token of kind ${kind} has expired`, {
      hint: "have it minted again",
      data: { expiredAt: exp * 1000 },
    });
  }
  if (nbf !== undefined && nbf * 1000 > at) {
    throw new CotalError("not-yet-valid", `a token of kind ${kind} is not valid yet`, {
      hint: "check the clocks of the two machines",
      data: { validFrom: nbf * 1000 },
    });
  }
  return claims;
}

function toText(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The bytes, or `null` when `toText` would not have written this. */
function fromText(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}

function readClaims(text: string): Readonly<Record<string, unknown>> | null {
  const bytes = fromText(text);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function isOfKind<Kind extends ClaimsKind>(
  kind: Kind,
  claims: Readonly<Record<string, unknown>>,
): claims is ClaimsOf<Kind> & Readonly<Record<string, unknown>> {
  const { sub, iss, name, nats, iat, exp, nbf, jti } = claims;
  return (
    isFields(nats) &&
    nats.type === kind &&
    nats.version === 2 &&
    isKeyOf(parties[kind].subject, sub) &&
    isKeyOf(parties[kind].issuer, iss) &&
    typeof name === "string" &&
    typeof jti === "string" &&
    isSeconds(iat) &&
    (exp === undefined || isSeconds(exp)) &&
    (nbf === undefined || isSeconds(nbf))
  );
}

const letters: Readonly<Record<NkeyKind, string>> = { operator: "O", account: "A", user: "U", server: "N" };

function isKeyOf(kind: NkeyKind, text: unknown): text is string {
  return typeof text === "string" && text.length === 56 && text.startsWith(letters[kind]);
}

function isSeconds(value: unknown): value is Seconds {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(why: string): CotalError {
  return new CotalError("bad-jwt", `this is not a usable token: ${why}`, {
    hint: "take the file as it was written, or have it made again",
  });
}
