import { readdir, rename } from "node:fs/promises";
import { systemClock } from "@cotal/session";
import { asToken, CotalError, isToken, type OwnerId, type Token } from "@cotal/subjects";
import {
  type Minted,
  type MintOrder,
  mint,
  readJwt,
  type SpaceTrust,
  saveCredential,
  scopeOf,
  type TokenScope,
} from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny } from "../home/private-file.ts";
import { seedIn } from "../mesh/credential-text.ts";

/** A credential that lies with the mesh. */
export interface HeldCredential extends TokenScope {
  readonly name: Token;
  readonly id: OwnerId;
  readonly path: string;
  readonly text: string;
  readonly issuedAt: number;
  readonly expiresAt: number | undefined;
  /** It was put aside, or its peer is being made. */
  readonly isAside: boolean;
}

/** In its place, or where it was put aside. `undefined` when this host has none of that name. */
export async function heldCredential(files: MeshFiles, name: Token): Promise<HeldCredential | undefined> {
  const path = files.credential(name);
  const placed = await readFileIfAny(path);
  if (placed !== undefined) return readHeld(path, placed);
  const aside = await readFileIfAny(asideOf(path));
  return aside === undefined ? undefined : { ...readHeld(path, aside), isAside: true };
}

/** As `heldCredential`; one that says nothing counts as none. */
export async function readableCredential(files: MeshFiles, name: Token): Promise<HeldCredential | undefined> {
  try {
    return await heldCredential(files, name);
  } catch (error) {
    if (error instanceof CotalError) return undefined;
    throw error;
  }
}

/** That of a user whose id is known. */
export async function heldCredentialOf(files: MeshFiles, id: OwnerId): Promise<HeldCredential | undefined> {
  for (const name of await heldNames(files)) {
    const held = await readableCredential(files, name);
    if (held?.id === id) return held;
  }
  return undefined;
}

/** Those of which a credential lies here, in their order. */
export async function heldNames(files: MeshFiles): Promise<Token[]> {
  const entries = await readdir(files.peers).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const names = entries.flatMap((entry) => /^(.+)\.creds(?:\.new)?$/.exec(entry)?.[1] ?? []);
  return [...new Set(names)].filter(isToken).sort();
}

/**
 * Puts it aside, so that whoever connects with it waits for the next one: a peer that is refused and finds the
 * same credential again gives up.
 */
export async function putAside({ path }: HeldCredential): Promise<void> {
  await rename(path, asideOf(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** The same user with other rights, or with the same ones anew; it takes the place of the one before. */
export async function reissue(
  space: SpaceTrust,
  held: HeldCredential,
  rights: Partial<Pick<MintOrder, "allowSubscribe" | "allowPublish" | "lifeMs">> = {},
): Promise<Minted> {
  const { profile = "agent", name, text, path, issuedAt, expiresAt } = held;
  const lifeMs = expiresAt === undefined ? undefined : expiresAt - issuedAt;
  const order = {
    profile,
    name,
    seed: seedIn(text),
    ...scopeFor(held),
    ...(lifeMs && { lifeMs }),
    ...rights,
  };
  const minted = mint(space, order, systemClock.now());
  await saveCredential(asideOf(path), minted);
  await rename(asideOf(path), path);
  return minted;
}

/** A profile refuses what it has no use for, even when that is empty. */
function scopeFor({
  allowSubscribe,
  allowPublish,
  capabilities,
  serves,
  role,
}: TokenScope): Partial<MintOrder> {
  const lists = Object.entries({ allowSubscribe, allowPublish, capabilities, serves });
  const given = lists.filter(([, list]) => list.length > 0);
  return { ...Object.fromEntries(given), ...(role !== undefined && { role }) };
}

/** Where a peer that is being made has its key, too. */
function asideOf(path: string): string {
  return `${path}.new`;
}

function readHeld(path: string, text: string): HeldCredential {
  const { id, jwt, expiresAt } = parseCredential(text);
  const { name, iat } = readJwt("user", jwt);
  const times = { issuedAt: iat * 1000, expiresAt };
  return { ...scopeOf(jwt), name: asToken("name", name), id, path, text, ...times, isAside: false };
}
