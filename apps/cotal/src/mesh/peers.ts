import { rename } from "node:fs/promises";
import {
  aclRegistry,
  directoryRegistry,
  openRegistry,
  type PeerOffice,
  type PeerOrder,
  provisionPeer,
  retireAcl,
  retirePeer,
} from "@cotal/registries";
import { systemClock } from "@cotal/session";
import { asChannelPattern, type ChannelPattern, CotalError, type OwnerId, type Token } from "@cotal/subjects";
import {
  ingestOfRegistry,
  ingestSecret,
  isRevoked,
  type Minted,
  type MintOrder,
  mint,
  saveCredential,
} from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import { readFileIfAny } from "../home/private-file.ts";
import { type CallGround, type CallSession, withCallSession } from "./call-session.ts";
import { renewedInTime, seedIn } from "./credential-text.ts";
import type { Mesh } from "./mesh.ts";
import { generalChannel } from "./set-up-space.ts";

const general: readonly ChannelPattern[] = [asChannelPattern(generalChannel)];
/** What a peer may do when nobody says otherwise. */
export const defaultRights: PeerRights = { allowSubscribe: general, allowPublish: general };

export interface PeerRights {
  readonly allowSubscribe: readonly ChannelPattern[];
  readonly allowPublish: readonly ChannelPattern[];
}

/** Who is to be made a peer, and of what kind. */
export interface PeerWish extends PeerRights {
  readonly name: Token;
  readonly kind: PeerOrder["kind"];
  readonly role?: Token | undefined;
  /** What it may do beside what agents may. */
  readonly more?: Pick<MintOrder, "capabilities" | "serves" | "lifeMs"> | undefined;
  /** Whether it is welcome again when it was revoked. */
  readonly reinstate?: boolean;
}

export interface TakenPeer {
  readonly id: OwnerId;
  readonly how: "made" | "renewed" | "found";
  readonly expiresAt: number | undefined;
}

/** Where the broker is, and how long to try. */
export type At = Omit<CallSession, "profile">;

/**
 * Makes a peer once, and later only renews its credential, when less than half of its life is left. Its key is
 * on the disk before anything is provisioned for it, so that a call that was cut off is repeated for the same
 * peer; the credential takes its place when all else is there. Other rights than it has are refused.
 */
export async function takePeer(mesh: Mesh, wish: PeerWish, at: At): Promise<TakenPeer> {
  const path = mesh.files.credential(wish.name);
  const { draft, text, how } = await credentialFor(mesh, wish, path);
  const { id, expiresAt } = parseCredential(text);
  const place = async (): Promise<void> => {
    if (draft !== undefined) await rename(draft, path);
  };
  if (mesh.settings.mode === "open") await place();
  else await provision(mesh, { ...wish, id }, { at, issue: place });
  return { id, how, expiresAt };
}

/** A peer for one piece of work. */
export interface BriefPeer {
  readonly id: OwnerId;
  readonly creds: string;
  retire(at: At): Promise<void>;
}

/** Nothing of it is on the disk. Whoever takes it retires it; its credential ends soon by itself. */
export async function takeBriefPeer(
  mesh: Mesh,
  wish: PeerWish & { readonly lifeMs: number },
  at: At,
): Promise<BriefPeer> {
  const minted = mint(mesh.space, orderFor(wish, { lifeMs: wish.lifeMs }), systemClock.now());
  if (mesh.settings.mode === "auth") {
    await provision(mesh, { ...wish, id: minted.id }, { at, issue: () => Promise.resolve() });
  }
  return { id: minted.id, creds: minted.creds.reveal(), retire: (then) => retire(mesh, minted.id, then) };
}

/** Others are told that it is no more; what nobody has taken of its queue is gone with it. */
export async function retire(mesh: Mesh, id: OwnerId, at: At): Promise<void> {
  await withCallSession(mesh, { ...at, profile: "provisioner" }, async (on) => {
    const office = await officeOf(mesh, on);
    await retirePeer(office, id);
    await retireAcl(office.acl, id);
  });
}

/** Refuses a name that is kept for the fabric, and rights that cannot be given, before anything is made. */
export function requireMintable({ space }: Pick<Mesh, "space">, wish: PeerWish): void {
  mint(space, orderFor(wish), systemClock.now());
}

interface PeerCredential {
  readonly text: string;
  /** Where it waits for its place, unless it is there already. */
  readonly draft: string | undefined;
  readonly how: TakenPeer["how"];
}

async function credentialFor({ space }: Mesh, wish: PeerWish, path: string): Promise<PeerCredential> {
  const draft = `${path}.new`;
  const now = systemClock.now();
  const drafted = async (minted: Minted, how: TakenPeer["how"]): Promise<PeerCredential> => {
    await saveCredential(draft, minted);
    return { text: minted.creds.reveal(), draft, how };
  };
  const placed = await readFileIfAny(path);
  if (placed !== undefined && isRevoked(space, placed)) {
    if (wish.reinstate !== true) throw wasRevoked(wish);
    return await drafted(mint(space, orderFor(wish, { seed: seedIn(placed) }), now), "made");
  }
  if (placed !== undefined) {
    const renewed = renewedInTime(space, placed, now);
    return renewed === undefined
      ? { text: placed, draft: undefined, how: "found" }
      : await drafted(renewed, "renewed");
  }
  // What waits there was made for an order that was cut off; this one may be another, for the same key.
  const waiting = await readFileIfAny(draft);
  const seed = waiting === undefined ? {} : { seed: seedIn(waiting) };
  return await drafted(mint(space, orderFor(wish, seed), now), "made");
}

function orderFor(
  { name, role, allowSubscribe, allowPublish, more: extra }: PeerWish,
  more: Pick<MintOrder, "seed" | "lifeMs"> = {},
): MintOrder {
  const rights = { allowSubscribe, allowPublish };
  return { profile: "agent", name, ...rights, ...(role !== undefined && { role }), ...extra, ...more };
}

function wasRevoked({ name }: PeerWish): CotalError {
  return new CotalError("auth-refused", `${name} was revoked`, {
    hint: `cotal mint ${name} gives it a new credential, for the same key`,
    data: { name },
  });
}

interface Provisioning {
  readonly at: At;
  readonly issue: () => Promise<void>;
}

async function provision(
  mesh: Mesh,
  { role, ...peer }: PeerWish & { readonly id: OwnerId },
  { at, issue }: Provisioning,
): Promise<void> {
  const order: PeerOrder = { ...peer, ...(role !== undefined && { role }) };
  await withCallSession(mesh, { ...at, profile: "provisioner" }, async (on) =>
    provisionPeer(await officeOf(mesh, on), order, issue),
  );
}

/** What it takes to provision peers. */
async function officeOf({ space: trust }: Mesh, { session, id }: CallGround): Promise<PeerOffice> {
  const { space } = trust;
  const secretOf = (registry: "acl" | "directory"): Token =>
    ingestSecret(trust, ingestOfRegistry(trust, registry));
  const [acl, directory] = await Promise.all([
    openRegistry(session, aclRegistry, { space, id, secret: secretOf("acl") }),
    openRegistry(session, directoryRegistry, { space, id, secret: secretOf("directory") }),
  ]);
  return { session, space, acl, directory };
}
