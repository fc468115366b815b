import { asToken, CotalError } from "@cotal/subjects";
import type { AccountBody, OperatorBody, Seconds } from "./claims.ts";
import { signJwt } from "./jwt.ts";
import { systemLimits } from "./limits.ts";
import type { SystemRole } from "./profile.ts";
import { newSigningKey, type SigningKey } from "./signing-key.ts";
import { scopedKey } from "./template.ts";

/** What a broker trusts, with as many of the keys as this host holds. */
export interface Trust {
  readonly operator: OperatorTrust;
  readonly system: SystemTrust;
}

export interface OperatorTrust {
  readonly jwt: string;
  /** Signs the operator itself. Needed only to change that, so it can be kept elsewhere. */
  readonly identity?: SigningKey;
  /** Signs accounts. */
  readonly signing?: SigningKey;
}

export interface SystemTrust {
  /** The public key. The private one signs nothing and is not kept. */
  readonly account: string;
  readonly jwt: string;
  readonly keys: Readonly<Partial<Record<SystemRole, SigningKey>>>;
}

/** Makes everything new: the operator, its signing key and the system account. */
export function createTrust({ name, at }: { readonly name: string; readonly at: number }): Trust {
  asToken("name", name);
  const identity = newSigningKey("operator");
  const signing = newSigningKey("operator");
  const system = createSystem(signing, at);
  return {
    operator: { jwt: signOperator({ name, identity, signing, system }, at), identity, signing },
    system,
  };
}

/** A new system account, for a new broker or in place of one whose keys are lost. */
export function createSystem(signing: SigningKey, at: number): SystemTrust {
  const account = newSigningKey("account").publicKey;
  const revoker = newSigningKey("account");
  const feed = newSigningKey("account");
  // The rights of the system account name no space.
  const nowhere = { space: "system", shards: 1 };
  const body: AccountBody = {
    limits: systemLimits,
    signing_keys: [
      scopedKey("revoker", revoker.publicKey, nowhere),
      scopedKey("census", feed.publicKey, nowhere),
    ],
  };
  const draft = { kind: "account", name: "system", subject: account, body, issuedAt: toSeconds(at) } as const;
  return { account, jwt: signJwt(draft, signing), keys: { revoker, feed } };
}

export interface OperatorParts {
  readonly name: string;
  readonly identity: SigningKey;
  readonly signing: SigningKey;
  readonly system: SystemTrust;
}

export function signOperator({ name, identity, signing, system }: OperatorParts, at: number): string {
  const body: OperatorBody = {
    signing_keys: [signing.publicKey],
    system_account: system.account,
    strict_signing_key_usage: true,
  };
  return signJwt(
    { kind: "operator", name, subject: identity.publicKey, body, issuedAt: toSeconds(at) },
    identity,
  );
}

/** The key, or a refusal that says that it is not here. */
export function heldKey(key: SigningKey | undefined, what: string): SigningKey {
  if (key !== undefined) return key;
  throw new CotalError("signer-missing", `this host does not hold the ${what}`, {
    hint: "run it where the key is, or export what this host needs",
  });
}

export function toSeconds(at: number): Seconds {
  return Math.floor(at / 1000);
}
