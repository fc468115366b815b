import { CotalError, quoted } from "@cotal/subjects";
import { parseCredential } from "@cotal/wire";
import type { AccountClaims } from "./claims.ts";
import { readJwt, signJwt } from "./jwt.ts";
import { firstValidSecond, type Minted, rootFor } from "./mint.ts";
import { profileNames } from "./profile.ts";
import { secret } from "./secret.ts";
import type { SpaceTrust } from "./space-trust.ts";

/**
 * The same credential with a new life of the same length, signed by the key that signed it. An expired
 * one is renewed like any other; a revoked one is not.
 */
export function renew(space: SpaceTrust, creds: string, at: number): Minted {
  const { jwt: old, id } = parseCredential(creds);
  const { iss, iat, exp, name, nats } = readJwt("user", old);
  const account = readJwt("account", space.jwt);
  const signer = Object.values(space.keys).find(({ publicKey }) => publicKey === iss);
  if (signer === undefined || nats.issuer_account !== space.account) {
    throw new CotalError("foreign-issuer", `no key held here has signed the credential of ${quoted(name)}`, {
      hint: "its signing key was rotated or belongs to another host or space; mint a new credential",
    });
  }
  if (isVoid(account, { id, iat })) {
    throw new CotalError("auth-refused", `the credential of ${quoted(name)} was revoked`, {
      hint: "mint a new one if the peer is welcome again",
    });
  }
  if (exp === undefined) {
    throw new CotalError("bad-lifetime", `the credential of ${quoted(name)} has no end that could be moved`, {
      hint: "mint a new one",
    });
  }
  const { type: _, version: __, ...body } = nats;
  const issuedAt = firstValidSecond(account, id, at);
  const expiresAt = issuedAt + (exp - iat);
  const jwt = signJwt({ kind: "user", name, subject: id, body, issuedAt, expiresAt }, signer);
  const profile = profileNames.find((known) => nats.tags?.includes(`profile:${known}`)) ?? "agent";
  return {
    id,
    jwt,
    expiresAt: expiresAt * 1000,
    creds: secret(creds.replace(old, jwt)),
    apiRoot: rootFor(profile, space.ingest),
  };
}

/** Whether the account of the space, as it is known here, takes a credential for void. */
export function isRevoked({ jwt }: Pick<SpaceTrust, "jwt">, creds: string): boolean {
  const { jwt: token, id } = parseCredential(creds);
  return isVoid(readJwt("account", jwt), { id, iat: readJwt("user", token).iat });
}

function isVoid(
  { nats }: AccountClaims,
  { id, iat }: { readonly id: string; readonly iat: number },
): boolean {
  return iat <= (nats.revocations?.[id] ?? -1);
}
