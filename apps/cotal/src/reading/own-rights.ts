import {
  asChannelPattern,
  type ChannelPattern,
  CotalError,
  patternCovers,
  type Token,
} from "@cotal/subjects";
import { scopeOf } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import type { Mesh } from "../mesh/mesh.ts";
import { peerCredential } from "../mesh/peer-auth.ts";

const everything: readonly ChannelPattern[] = [asChannelPattern(">")];

/** What the user's own peer may read. In an open mesh that is everything. */
export async function ownReadRights(mesh: Mesh): Promise<readonly ChannelPattern[]> {
  if (mesh.settings.mode === "open") return everything;
  const { jwt } = parseCredential(await peerCredential(mesh, mesh.settings.peer));
  return scopeOf(jwt).allowSubscribe;
}

/** Refuses what is not within the rights, and names the command that would allow it. */
export function requireReadable(
  peer: Token,
  rights: readonly ChannelPattern[],
  wanted: ChannelPattern,
): void {
  if (rights.some((pattern) => patternCovers(pattern, wanted))) return;
  const [lists, more] = [rights.join(","), [...rights, wanted].join(",")];
  throw new CotalError("not-allowed", `${peer} may not read ${wanted}; it may read ${lists || "nothing"}`, {
    hint: `cotal acl set ${peer} --allow-subscribe "${more}"`,
    data: { peer, wanted, allowSubscribe: rights },
  });
}
