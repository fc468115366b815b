import type { Rights } from "@cotal/registries";
import { CotalError, isToken } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { readSeat, writeSeat } from "../seat/seat.ts";
import { changeOf, changeRights, type RightsChanged } from "./change-rights.ts";
import { type PeerWithRights, peerWithRights } from "./peer-rights.ts";
import { requireAuth } from "./revoke-peer.ts";

export interface RightsWish {
  /** The name or the id of the peer. */
  readonly target: string;
  /** What is named takes the place of what it had; the other side stays. */
  readonly given: Partial<Rights>;
  /** Refuses what is not to be. */
  readonly allow?: (order: { readonly peer: PeerWithRights; readonly after: Rights }) => void;
  /** Only says what would be. */
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
  readonly step: (text: string) => void;
}

export interface RightsSet {
  readonly peer: PeerWithRights;
  readonly before: Rights;
  readonly after: Rights;
  readonly change: RightsChanged["change"];
  /** Absent when nothing was to be done yet. */
  readonly changed?: RightsChanged;
}

/** Gives a peer other rights, and notes them with its agent where it is one of this host. */
export function setRights(mesh: RunningMesh, wish: RightsWish): Promise<RightsSet> {
  const { target, given, allow, dryRun = false, signal, step } = wish;
  const { files } = mesh;
  requireAuth(mesh);
  const set = async (): Promise<RightsSet> => {
    const peer = await peerWithRights(mesh, target, signal);
    const { allowSubscribe, allowPublish, retired } = peer.acl;
    if (retired === true) throw isRetired(peer);
    const before: Rights = { allowSubscribe, allowPublish };
    const after: Rights = { ...before, ...given };
    allow?.({ peer, after });
    const ordered = { peer, before, after };
    if (dryRun) return { ...ordered, change: changeOf(ordered) };
    const changed = await changeRights(mesh, { id: peer.id, before, after, signal, step });
    const seat = isToken(peer.name) ? await readSeat(files, peer.name) : undefined;
    if (seat?.id === peer.id) await writeSeat(files, { ...seat, ...after });
    return { ...ordered, change: changed.change, changed };
  };
  return withLock(files.folder, set, { waitMs: lockWaitMs, signal });
}

const lockWaitMs = 60_000;

function isRetired({ id, name }: PeerWithRights): CotalError {
  return new CotalError("peer-retired", `${name} was retired, and has no rights any more`, {
    hint: `cotal mint ${name} makes a new peer of that name`,
    data: { id, name },
  });
}
