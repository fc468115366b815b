import {
  type AclRecord,
  aclRegistry,
  type DirectoryRecord,
  directoryRegistry,
  known,
} from "@cotal/registries";
import { asOwnerId, CotalError, type OwnerId, type Token } from "@cotal/subjects";
import { findPeer } from "../mesh/find-peer.ts";
import { readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";

/** A peer, and what it may. */
export interface PeerWithRights {
  readonly id: OwnerId;
  readonly name: string;
  readonly kind: DirectoryRecord["kind"];
  readonly role: Token | undefined;
  readonly acl: AclRecord;
}

/** `unknown-peer` when nobody is meant; `acl-unknown` for one whose rights nobody has noted. */
export function peerWithRights(
  mesh: RunningMesh,
  target: string,
  signal: AbortSignal,
): Promise<PeerWithRights> {
  return withOperatorDesk(mesh, signal, async ({ open }) => {
    const [directory, acls] = await Promise.all([open(directoryRegistry), open(aclRegistry)]);
    const { id, name, kind, role } = findPeer(readable(directory).values, target);
    const acl = known(acls.get(id));
    if (acl.kind === "found") return { id: asOwnerId(id), name, kind, role, acl: acl.value };
    throw new CotalError("acl-unknown", `what ${name} may is not noted anywhere`, {
      hint: `cotal mint ${name} provisions it again`,
      data: { id, name },
    });
  });
}
