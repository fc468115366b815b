import { CotalError, quoted } from "@cotal/subjects";
import { type DirectoryEntry, type Resolution, type ResolvedPeer, resolvePeer } from "@cotal/wire";

/** The one of several peers that a name or an id means. */
export function findPeer<Peer extends DirectoryEntry>(peers: readonly Peer[], target: string): Peer {
  const { id } = resolved(resolvePeer([], peers, target), target);
  const peer = peers.find((each) => each.id === id);
  if (peer !== undefined) return peer;
  throw unknownPeer(target);
}

/** Whom a look-up has found; a refusal that says what to do when that is nobody, or several. */
export function resolved(resolution: Resolution, target: string): ResolvedPeer {
  switch (resolution.kind) {
    case "found":
      return resolution.peer;
    case "ambiguous":
      throw new CotalError("ambiguous-peer", `${quoted(target)} is the name of several peers`, {
        hint: "use the id of the one that is meant",
        data: { target, candidates: resolution.candidates },
      });
    case "unknown":
      throw resolution.retired === true ? retiredPeer(target) : unknownPeer(target);
  }
}

function unknownPeer(target: string): CotalError {
  return new CotalError("unknown-peer", `nobody is called ${quoted(target)}`, {
    hint: "cotal who lists everybody",
    data: { target },
  });
}

function retiredPeer(id: string): CotalError {
  return new CotalError("peer-retired", "this peer was retired: nobody reads what is sent to it", {
    hint: "cotal who lists everybody who is there",
    data: { id },
  });
}
