import { CotalError, quoted } from "@cotal/subjects";
import { type DirectoryEntry, resolvePeer } from "@cotal/wire";

/** The one of several peers that a name or an id means. */
export function findPeer<Peer extends DirectoryEntry>(peers: readonly Peer[], target: string): Peer {
  const resolution = resolvePeer([], peers, target);
  switch (resolution.kind) {
    case "found": {
      const peer = peers.find(({ id }) => id === resolution.peer.id);
      if (peer !== undefined) return peer;
      break;
    }
    case "ambiguous":
      throw new CotalError("ambiguous-peer", `${quoted(target)} is the name of several peers`, {
        hint: "use the id of the one that is meant",
        data: { target, candidates: resolution.candidates },
      });
    case "unknown":
      break;
  }
  throw new CotalError("unknown-peer", `nobody is called ${quoted(target)}`, {
    hint: "cotal who lists everybody",
    data: { target },
  });
}
