import { rename } from "node:fs/promises";
import {
  aclRegistry,
  directoryRegistry,
  openRegistry,
  type PeerOffice,
  provisionPeer,
} from "@cotal/registries";
import { systemClock } from "@cotal/session";
import { asChannelPattern, bucketName, CotalError, type Token } from "@cotal/subjects";
import { ingestSecret, type MintOrder, mint, renew, saveCredential } from "@cotal/trust";
import { type Credential, parseCredential } from "@cotal/wire";
import { readFileIfAny } from "../home/private-file.ts";
import { type CallGround, type CallSession, withCallSession } from "./call-session.ts";
import type { MeshKeys } from "./keys.ts";
import type { Mesh } from "./mesh.ts";
import type { Taken } from "./part.ts";
import { generalChannel } from "./set-up-space.ts";

const general = [asChannelPattern(generalChannel)];
/** What a peer may do when nobody says otherwise. */
const rights = { allowSubscribe: general, allowPublish: general };

/**
 * The user's own peer, to which others reply: made once, its credential renewed when less than half of its
 * life is left. Its key is on the disk before anything is provisioned for it, so that a call that was cut off
 * is repeated for the same peer; the credential takes its place when all else is there.
 */
export async function takeOwnPeer(mesh: Mesh, at: Omit<CallSession, "profile">): Promise<Taken<undefined>> {
  const { files, settings } = mesh;
  const path = files.credential(settings.peer);
  const { draft, user, how } = await credentialFor(mesh, path);
  await withCallSession(mesh, { ...at, profile: "provisioner" }, async (on) =>
    provisionPeer(
      await officeOf(mesh, on),
      { id: user.id, name: settings.peer, kind: "endpoint", ...rights },
      async () => {
        if (draft !== undefined) await rename(draft, path);
      },
    ),
  );
  const until = user.expiresAt === undefined ? "for good" : `until ${new Date(user.expiresAt).toISOString()}`;
  return { value: undefined, evidence: `${settings.peer}: credential ${how}, valid ${until}` };
}

/** Refuses a name that is kept for the fabric, before anything bears it. */
export function requirePeerName({ space }: MeshKeys, name: Token): void {
  try {
    mint(space, { profile: "agent", name }, systemClock.now());
  } catch (cause) {
    if (!(cause instanceof CotalError)) throw cause;
    throw new CotalError(cause.code, cause.message, {
      hint: "choose another one: cotal up --as <name>",
      cause,
    });
  }
}

interface OwnCredential {
  readonly user: Credential;
  /** Where it waits for its place, unless it is there already. */
  readonly draft: string | undefined;
  readonly how: "made" | "renewed" | "found";
}

async function credentialFor({ space, settings }: Mesh, path: string): Promise<OwnCredential> {
  const draft = `${path}.new`;
  const now = systemClock.now();
  const present = (await readFileIfAny(path)) ?? (await readFileIfAny(draft));
  if (present === undefined) {
    const order: MintOrder = { profile: "agent", name: settings.peer, ...rights };
    return await drafted(draft, mint(space, order, now), "made");
  }
  const user = parseCredential(present);
  const leftMs = (user.expiresAt ?? Number.POSITIVE_INFINITY) - now;
  if (leftMs < renewBelowMs) return await drafted(draft, renew(space, present, now), "renewed");
  const isPlaced = (await readFileIfAny(path)) !== undefined;
  return { user, draft: isPlaced ? undefined : draft, how: "found" };
}

/** Half of the life that peers are given. */
const renewBelowMs = 12 * 3600 * 1000;

async function drafted(
  draft: string,
  minted: Parameters<typeof saveCredential>[1],
  how: OwnCredential["how"],
): Promise<OwnCredential> {
  await saveCredential(draft, minted);
  return { user: parseCredential(minted.creds.reveal()), draft, how };
}

/** What it takes to provision peers. */
async function officeOf({ space: trust }: Mesh, { session, id }: CallGround): Promise<PeerOffice> {
  const { space } = trust;
  const secretOf = (registry: "acl" | "directory"): ReturnType<typeof ingestSecret> =>
    ingestSecret(trust, bucketName(space, registry));
  return {
    session,
    space,
    acl: await openRegistry(session, aclRegistry, { space, id, secret: secretOf("acl") }),
    directory: await openRegistry(session, directoryRegistry, { space, id, secret: secretOf("directory") }),
  };
}
