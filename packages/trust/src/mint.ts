import { apiRoot, asToken, CotalError, type OwnerId, quoted } from "@cotal/subjects";
import { formatCredential } from "@cotal/wire";
import { adminApi } from "./api-doors.ts";
import type { AccountClaims, UserBody } from "./claims.ts";
import type { IngestKeys } from "./ingest.ts";
import { readJwt, signJwt } from "./jwt.ts";
import { perUser } from "./limits.ts";
import { permissionsFor } from "./permissions.ts";
import { type Profile, profileNames, profiles, type Role } from "./profile.ts";
import { checkScope, isFabricService, type Scope } from "./scope.ts";
import { type Secret, secret } from "./secret.ts";
import { newSigningKey, type SigningKey, signingKeyFrom } from "./signing-key.ts";
import { roleOf, type SpaceTrust } from "./space-trust.ts";
import { tagsOf } from "./template.ts";
import { heldKey, type Trust, toSeconds } from "./trust.ts";

/** The longest life of any credential. What was revoked longer ago needs no entry any more. */
export const longestLifeMs: number = 30 * 24 * 3600 * 1000;
/** The longest life of what is made for one piece of work. */
const longestCallMs = 15 * 60 * 1000;

/** What a credential shall be for. */
export interface MintOrder extends Omit<Scope, "space" | "id" | "shards"> {
  readonly profile: Profile;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** The user's own seed; a new one is made when there is none. */
  readonly seed?: string;
  readonly lifeMs?: number;
}

export interface Minted {
  readonly id: OwnerId;
  readonly jwt: string;
  readonly expiresAt: number;
  /** Under what its holder asks the API of the streams; of a privileged one it is a secret. */
  readonly apiRoot: Secret;
  /** The text of its `.creds` file. */
  readonly creds: Secret;
}

/** A credential for a user of the space. Everything it would hold is checked and nothing is rewritten. */
export function mint(space: SpaceTrust, order: MintOrder, at: number): Minted {
  return mintIn({ ...space, account: accountOf(space) }, order, at);
}

/** Verified once for each space object, of which nothing ever changes: a fifth of the work of a mint. */
const accounts = new WeakMap<SpaceTrust, AccountClaims>();

function accountOf(space: SpaceTrust): AccountClaims {
  const known = accounts.get(space);
  if (known !== undefined) return known;
  const account = readJwt("account", space.jwt);
  accounts.set(space, account);
  return account;
}

/** A credential for a user of the system account. */
export function mintSystem({ system }: Trust, order: MintOrder, at: number): Minted {
  const account = readJwt("account", system.jwt);
  return mintIn({ account, space: account.name, shards: 1, keys: system.keys }, order, at);
}

interface Issuer {
  readonly account: AccountClaims;
  readonly space: string;
  readonly shards: number;
  readonly keys: Readonly<Partial<Record<Role, SigningKey>>>;
  /** Of a space. */
  readonly ingest?: IngestKeys;
}

function mintIn({ account, space, shards, keys, ingest }: Issuer, order: MintOrder, at: number): Minted {
  const { profile, name, seed, lifeMs, ...given } = order;
  const user = seed === undefined ? newSigningKey("user") : signingKeyFrom("user", seed);
  const scope: Scope = { ...given, space, shards, id: user.publicKey };
  const permissions = permissionsFor(profile, scope);
  checkName(profile, name);
  const role = signerFor(profile, order);
  const signer = heldKey(keys[role], `signing key of the ${role}`);
  const issuedAt = firstValidSecond(account, user.publicKey, at);
  const expiresAt = issuedAt + lifeSeconds(profile, lifeMs);
  const checked = checkScope(scope);
  const tags = [`profile:${profile}`, ...tagsOf(checked)];
  // The broker refuses rights in a token whose key has a template; the tags fill that in.
  const body: UserBody =
    roleOf(account, signer.publicKey) === "tools"
      ? { ...perUser, ...permissions, issuer_account: account.sub, tags }
      : { issuer_account: account.sub, tags };
  const jwt = signJwt({ kind: "user", name, subject: checked.id, body, issuedAt, expiresAt }, signer);
  const creds = secret(formatCredential({ jwt, seed: user.seed.reveal() }));
  return { id: checked.id, jwt, expiresAt: expiresAt * 1000, creds, apiRoot: rootFor(profile, ingest) };
}

/** An agent that may do more than agents can is signed for by the tools. */
function signerFor(profile: Profile, { capabilities = [], serves = [] }: MintOrder): Role {
  return capabilities.length + serves.length > 0 ? "tools" : profiles[profile].signedBy;
}

/** Tokens of the second of a revocation and before are void. */
export function firstValidSecond({ nats }: AccountClaims, id: string, at: number): number {
  return Math.max(toSeconds(at), (nats.revocations?.[id] ?? -1) + 1);
}

function checkName(profile: Profile, name: string): void {
  asToken("name", name);
  const peer = profile === "agent" || profile === "observer";
  if (!peer || !(isFabricService(name) || (profileNames as readonly string[]).includes(name.toLowerCase())))
    return;
  throw new CotalError("reserved-name", `the name ${quoted(name)} is kept for the fabric itself`, {
    hint: "choose another name",
  });
}

function lifeSeconds(profile: Profile, lifeMs: number = profiles[profile].lifeMs): number {
  const longest = profiles[profile].lifeMs < longestCallMs ? longestCallMs : longestLifeMs;
  if (lifeMs >= 1000 && lifeMs <= longest) return Math.floor(lifeMs / 1000);
  throw new CotalError(
    "bad-lifetime",
    `a credential of the profile ${profile} cannot live ${quoted(lifeMs)} ms`,
    {
      hint: `use 1000 to ${longest} ms`,
      data: { profile, longestMs: longest },
    },
  );
}

/** Where a user of the profile asks the API of the streams. */
export function rootFor(profile: Profile, ingest: IngestKeys | undefined): Secret {
  const isAdmin = profiles[profile].api === "admin" && ingest !== undefined;
  return secret(isAdmin ? adminApi({ ingest }) : apiRoot.peers);
}
