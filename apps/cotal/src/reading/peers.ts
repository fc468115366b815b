import type { Endpoint, RosterEntry } from "@cotal/endpoint";
import { beatTtlMs, type DirectoryRecord, directoryRegistry, presenceRegistry } from "@cotal/registries";
import { CotalError, keySubject, registryKey, streamName } from "@cotal/subjects";
import type { Presence } from "@cotal/wire";
import { withCallSession } from "../mesh/call-session.ts";
import { readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { storedSubjects } from "./stored-subjects.ts";

/** A peer of the space: who it is, and what it says of itself. */
export interface PeerSight {
  readonly id: string;
  readonly name: string;
  readonly role: string | undefined;
  /** Absent where it cannot be told. */
  readonly kind: DirectoryRecord["kind"] | undefined;
  /** It has beaten within half a minute, and has not said goodbye. */
  readonly live: boolean;
  readonly status: Presence["status"];
  readonly activity: string | undefined;
  readonly attention: Presence["attention"];
  /** When it last said something of itself, in UTC. */
  readonly since: string | undefined;
}

/** Everybody who exists in the space, in the order of their names. Who is retired exists no more. */
export async function seePeers(mesh: RunningMesh, signal: AbortSignal): Promise<PeerSight[]> {
  try {
    const [beats, { listed, present }] = await Promise.all([
      readBeats(mesh, signal),
      readRecords(mesh, signal),
    ]);
    const isLive = (id: string): boolean => beats === undefined || beats.has(id);
    return listed.map((peer) => sightOf(peer, present.get(peer.id), isLive)).sort(byName);
  } catch (error) {
    throw presenceLost(error) ?? error;
  }
}

/** The same as an agent sees it. */
export function peersSeen(endpoint: Pick<Endpoint, "roster" | "resolve">): PeerSight[] {
  const exists = ({ id }: RosterEntry): boolean => endpoint.resolve(id).kind === "found";
  return endpoint
    .roster()
    .filter(exists)
    .map(({ id, name, role, live, status, presence }) => ({
      id,
      name,
      role,
      kind: presence?.card.kind,
      live,
      status,
      activity: presence?.activity,
      attention: presence?.attention,
      since: presence === undefined ? undefined : new Date(presence.ts).toISOString(),
    }))
    .sort(byName);
}

function byName(one: PeerSight, other: PeerSight): number {
  return one.name.localeCompare(other.name);
}

type Listed = Pick<PeerSight, "id" | "name" | "role" | "kind">;

function sightOf(peer: Listed, presence: Presence | undefined, isLive: (id: string) => boolean): PeerSight {
  const { status = "offline", activity, attention, ts } = presence ?? {};
  const live = status !== "offline" && isLive(peer.id);
  const since = ts === undefined ? undefined : new Date(ts).toISOString();
  return { ...peer, live, status: live ? status : "offline", activity, attention, since };
}

interface Records {
  readonly listed: readonly Listed[];
  readonly present: ReadonlyMap<string, Presence>;
}

/** In an open space nobody is listed: who is there is who says so. */
function readRecords(mesh: RunningMesh, signal: AbortSignal): Promise<Records> {
  return withOperatorDesk(mesh, signal, async ({ open }) => {
    const [directory, presence] = await Promise.all([open(directoryRegistry), open(presenceRegistry)]);
    const presences = readable(presence).values;
    const listed =
      mesh.settings.mode === "open"
        ? presences.map(({ card }) => card)
        : readable(directory).values.filter(({ retired }) => retired !== true);
    return {
      listed: listed.map(({ id, name, role, kind }) => ({ id, name, role, kind })),
      present: new Map(presences.map((record) => [record.card.id, record])),
    };
  });
}

/** The ids that beat. A bucket that was just made does not know yet: `undefined`. */
function readBeats(mesh: RunningMesh, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const { dial, settings } = mesh;
  return withCallSession(mesh, { dial, signal, profile: "setup" }, async ({ session, id }) => {
    const beats = keySubject(settings.space, "presence", registryKey.beat(id)).slice(0, -id.length);
    const stream = streamName.registry(settings.space, "presence");
    const { counts, ageMs } = await storedSubjects(session, stream, `${beats}*`);
    if (ageMs < beatTtlMs) return undefined;
    return new Set([...counts.keys()].map((subject) => subject.slice(beats.length)));
  });
}

/** Presence lies in the memory of the broker. */
function presenceLost(error: unknown): CotalError | undefined {
  if (!(error instanceof CotalError) || error.code !== "stream-missing") return undefined;
  return new CotalError("presence-degraded", "nobody knows who is there: presence was lost with the broker", {
    hint: "cotal up",
    cause: error,
  });
}
