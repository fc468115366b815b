import { CotalError } from "@cotal/subjects";
import type { Mesh } from "./mesh.ts";
import type { Taken } from "./part.ts";
import { type At, defaultRights, type PeerWish, requireMintable, takePeer } from "./peers.ts";

/** The user's own peer, to which others reply. */
export async function takeOwnPeer(mesh: Mesh, at: At): Promise<Taken<undefined>> {
  const { how, expiresAt } = await takePeer(mesh, ownPeerOf(mesh), at);
  const until = expiresAt === undefined ? "for good" : `until ${new Date(expiresAt).toISOString()}`;
  return { value: undefined, evidence: `${mesh.settings.peer}: credential ${how}, valid ${until}` };
}

/** Refuses a name that is kept for the fabric, before anything bears it. */
export function requirePeerName(mesh: Pick<Mesh, "space" | "settings">): void {
  try {
    requireMintable(mesh, ownPeerOf(mesh));
  } catch (cause) {
    if (!(cause instanceof CotalError)) throw cause;
    throw new CotalError(cause.code, cause.message, {
      hint: "choose another one: cotal up --as <name>",
      cause,
    });
  }
}

function ownPeerOf({ settings }: Pick<Mesh, "settings">): PeerWish {
  return { name: settings.peer, kind: "endpoint", ...defaultRights };
}
