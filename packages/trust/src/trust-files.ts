import { join } from "node:path";
import { isToken } from "@cotal/subjects";
import type { NkeyKind } from "@cotal/wire";
import type { ClaimsKind, ClaimsOf } from "./claims.ts";
import { readJwt } from "./jwt.ts";
import type { SpaceRole, SystemRole } from "./profile.ts";
import { type Secret, secret } from "./secret.ts";
import { listSecretFiles, readSecretFile, unusable, writeSecretFile } from "./secret-file.ts";
import { type SigningKey, signingKeyFrom } from "./signing-key.ts";
import { roleOf, type SpaceTrust } from "./space-trust.ts";
import type { Trust } from "./trust.ts";

const systemRoles: readonly SystemRole[] = ["revoker", "feed"];
const spaceRoles: readonly SpaceRole[] = ["agents", "delivery", "tools"];

/** Where everything of a broker lies; every secret has a file of its own. */
const fileOf = {
  operator: "operator.jwt",
  identity: "operator-identity.seed",
  signing: "operator-signing.seed",
  system: "system.jwt",
  systemKey: (role: SystemRole) => `system-${role}.seed`,
  account: "account.jwt",
  spaceKey: (role: SpaceRole) => `${role}.seed`,
  ingestRoot: "ingest.seed",
  ingestFolder: "ingest",
} as const;

/** Writes the keys before the tokens that name them: a crash leaves a pair that is noticed, never a lost key. */
export async function saveTrust(folder: string, { operator, system }: Trust): Promise<void> {
  await all([
    saveSeed(join(folder, fileOf.identity), operator.identity),
    saveSeed(join(folder, fileOf.signing), operator.signing),
    ...systemRoles.map((role) => saveSeed(join(folder, fileOf.systemKey(role)), system.keys[role])),
  ]);
  await writeSecretFile(join(folder, fileOf.system), system.jwt);
  await writeSecretFile(join(folder, fileOf.operator), operator.jwt);
}

export async function saveSpace(folder: string, { jwt, keys, ingest }: SpaceTrust): Promise<void> {
  await all([
    ...spaceRoles.map((role) => saveSeed(join(folder, fileOf.spaceKey(role)), keys[role])),
    saveSeed(join(folder, fileOf.ingestRoot), ingest.root),
    ...Object.entries(ingest.secrets).map(([resource, text]) =>
      writeSecretFile(join(folder, fileOf.ingestFolder, resource), text.reveal()),
    ),
  ]);
  await writeSecretFile(join(folder, fileOf.account), jwt);
}

/** Each waits for the disk, which takes them together. When one fails, the others have ended as well. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

/** Reads what `saveTrust` wrote, or a part of it. Tokens and seeds that do not belong together are refused. */
export async function loadTrust(folder: string): Promise<Trust> {
  const path = (name: string): string => join(folder, name);
  const operator = await loadJwt("operator", path(fileOf.operator));
  const system = await loadJwt("account", path(fileOf.system));
  const { signing_keys: signers = [], system_account } = operator.claims.nats;
  if (system.claims.sub !== system_account || !signers.includes(system.claims.iss)) {
    throw unusable(path(fileOf.system), "it is not the system account that operator.jwt names");
  }
  const [identity, signing, keys] = await Promise.all([
    loadSeed("operator", path(fileOf.identity), (key) => key === operator.claims.sub),
    loadSeed("operator", path(fileOf.signing), (key) => signers.includes(key)),
    loadKeys(systemRoles, (role) => ({ file: path(fileOf.systemKey(role)), account: system.claims })),
  ]);
  return {
    operator: { jwt: operator.jwt, ...(identity && { identity }), ...(signing && { signing }) },
    system: { account: system.claims.sub, jwt: system.jwt, keys },
  };
}

export async function loadSpace(folder: string, trust: Trust): Promise<SpaceTrust> {
  const path = (name: string): string => join(folder, name);
  const { jwt, claims } = await loadJwt("account", path(fileOf.account));
  const { name: space, nats } = claims;
  const issuers = readJwt("operator", trust.operator.jwt).nats.signing_keys ?? [];
  if (!issuers.includes(claims.iss)) {
    throw unusable(path(fileOf.account), "the operator of this folder has not signed it");
  }
  const shards = Number(tagOf(nats.tags, "shards"));
  if (!isToken(space) || !(shards >= 1)) {
    throw unusable(path(fileOf.account), "it is not the account of a space");
  }
  const ingestKey = tagOf(nats.tags, "ingest");
  const [keys, root, secrets] = await Promise.all([
    loadKeys(spaceRoles, (role) => ({ file: path(fileOf.spaceKey(role)), account: claims })),
    loadSeed("account", path(fileOf.ingestRoot), (key) => key === ingestKey),
    loadSecrets(path(fileOf.ingestFolder)),
  ]);
  return { space, shards, account: claims.sub, jwt, keys, ingest: { ...(root && { root }), secrets } };
}

/** Those that there are, by the role that the account gives them. */
async function loadKeys<Role extends string>(
  roles: readonly Role[],
  placeOf: (role: Role) => { readonly file: string; readonly account: Parameters<typeof roleOf>[0] },
): Promise<Partial<Record<Role, SigningKey>>> {
  const keys: Partial<Record<Role, SigningKey>> = {};
  await Promise.all(
    roles.map(async (role) => {
      const { file, account } = placeOf(role);
      const key = await loadSeed("account", file, (publicKey) => roleOf(account, publicKey) === role);
      if (key !== undefined) keys[role] = key;
    }),
  );
  return keys;
}

async function saveSeed(path: string, key: SigningKey | undefined): Promise<void> {
  if (key !== undefined) await writeSecretFile(path, key.seed.reveal());
}

async function loadJwt<Kind extends ClaimsKind>(
  kind: Kind,
  path: string,
): Promise<{ readonly jwt: string; readonly claims: ClaimsOf<Kind> }> {
  const jwt = (await readSecretFile(path))?.trim();
  if (jwt === undefined) throw unusable(path, "it is missing");
  try {
    return { jwt, claims: readJwt(kind, jwt) };
  } catch (cause) {
    throw unusable(path, `it does not hold the token of one ${kind}`, cause);
  }
}

/** The key of a seed file, when there is one; `fits` says whether the tokens beside it name it. */
async function loadSeed(
  kind: NkeyKind,
  path: string,
  fits: (publicKey: string) => boolean,
): Promise<SigningKey | undefined> {
  const text = await readSecretFile(path);
  if (text === undefined) return undefined;
  const key = keyIn(kind, path, text.trim());
  if (fits(key.publicKey)) return key;
  throw unusable(path, "its key is not the one that the tokens beside it name; one of the two was replaced");
}

function keyIn(kind: NkeyKind, path: string, text: string): SigningKey {
  try {
    return signingKeyFrom(kind, text);
  } catch (cause) {
    throw unusable(path, "it does not hold the one seed that it should", cause);
  }
}

async function loadSecrets(folder: string): Promise<Record<string, Secret>> {
  const read = async (resource: string): Promise<[string, Secret]> => {
    const path = join(folder, resource);
    const text = (await readSecretFile(path))?.trim();
    if (text === undefined || !/^[\w-]{43}$/.test(text)) throw unusable(path, "it does not hold one secret");
    return [resource, secret(text)];
  };
  return Object.fromEntries(await Promise.all((await listSecretFiles(folder)).map(read)));
}

function tagOf(tags: readonly string[] | undefined, name: string): string | undefined {
  return tags?.find((tag) => tag.startsWith(`${name}:`))?.slice(name.length + 1);
}
