import { asToken, type Token } from "@cotal/subjects";
import { apiDoors, apiResource } from "./api-doors.ts";
import type { AccountBody, AccountClaims } from "./claims.ts";
import { type IngestKeys, ingestSecret } from "./ingest.ts";
import { readJwt, signJwt } from "./jwt.ts";
import { spaceLimits } from "./limits.ts";
import type { SpaceRole } from "./profile.ts";
import { newSigningKey, type SigningKey } from "./signing-key.ts";
import { scopedKey } from "./template.ts";
import { heldKey, type Trust, toSeconds } from "./trust.ts";

/** What one space trusts, with as many of the keys as this host holds. */
export interface SpaceTrust {
  readonly space: Token;
  readonly shards: number;
  /** The public key of its account. The private one signs nothing and is not kept. */
  readonly account: string;
  readonly jwt: string;
  readonly keys: Readonly<Partial<Record<SpaceRole, SigningKey>>>;
  readonly ingest: IngestKeys;
}

export interface SpaceOptions {
  readonly space: string;
  readonly shards: number;
  /** What all its streams may store together. */
  readonly storageBytes: number;
}

export function createSpaceTrust(trust: Trust, options: SpaceOptions, at: number): SpaceTrust {
  const space = asToken("space", options.space);
  const { shards } = options;
  const signing = heldKey(trust.operator.signing, "operator's signing key");
  const account = newSigningKey("account").publicKey;
  const root = newSigningKey("account");
  const ingest = { root, secrets: {} };
  const keys = {
    agents: newSigningKey("account"),
    delivery: newSigningKey("account"),
    tools: newSigningKey("account"),
  };
  const body: AccountBody = {
    imports: apiDoors(space, ingestSecret({ ingest }, apiResource), trust.system.account),
    limits: spaceLimits(options.storageBytes),
    signing_keys: (["agents", "delivery", "tools"] as const).map((role) =>
      publicEntry(role, keys[role].publicKey, { space, shards }),
    ),
    tags: [`shards:${shards}`, `ingest:${root.publicKey}`],
  };
  const draft = { kind: "account", name: space, subject: account, body, issuedAt: toSeconds(at) } as const;
  return { space, shards, account, jwt: signJwt(draft, signing), keys, ingest };
}

/** How an account lists a signing key: bound to its one profile, except for the tools, which have many. */
export function publicEntry(
  role: SpaceRole,
  key: string,
  place: { readonly space: string; readonly shards: number },
): NonNullable<AccountBody["signing_keys"]>[number] {
  if (role === "tools") return key;
  return scopedKey(role === "agents" ? "agent" : "delivery", key, place);
}

/** The role that an account gives a key. */
export function roleOf(account: AccountClaims, key: string): string | undefined {
  const entry = account.nats.signing_keys?.find(
    (each) => key === (typeof each === "string" ? each : each.key),
  );
  return typeof entry === "string" ? "tools" : entry?.role;
}

/** The space with changed claims of its account, dated after the ones it had: the broker keeps what came last. */
export function amendAccount(
  trust: Trust,
  space: SpaceTrust,
  { at, change }: { readonly at: number; readonly change: (body: AccountBody) => AccountBody },
): SpaceTrust {
  const signing = heldKey(trust.operator.signing, "operator's signing key");
  const { name, sub: subject, iat, nats } = readJwt("account", space.jwt);
  const { type: _, version: __, ...body } = nats;
  const issuedAt = Math.max(toSeconds(at), iat + 1);
  return {
    ...space,
    jwt: signJwt({ kind: "account", name, subject, body: change(body), issuedAt }, signing),
  };
}
