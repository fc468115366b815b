import type { Endpoint } from "@cotal/endpoint";
import type { ChannelPattern, Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { lookAround } from "../mesh/look-around.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { seatIdentity } from "../mesh/seat-identity.ts";
import { seatReadRights, withSeatView } from "../mesh/seat-view.ts";
import { ownReadRights, requireReadable } from "./own-rights.ts";

/** What somebody reads with: nobody sees it, and it may read what the user's own peer may, or the agent. */
export interface Reader {
  readonly endpoint: Endpoint;
  /** What was asked for; unless anything was, all that may be read. */
  readonly channels: readonly ChannelPattern[];
}

/** Inside an agent it is that agent who reads. */
export async function withReader<T>(
  host: Host,
  wanted: ChannelPattern | undefined,
  read: (reader: Reader) => Promise<T>,
): Promise<T> {
  const signal = host.interrupted;
  const seat = seatIdentity(host);
  if (seat !== undefined) {
    const channels = within(seat.name, await seatReadRights(seat), wanted);
    return await withSeatView(seat, signal, (endpoint) => read({ endpoint, channels }));
  }
  const mesh = await openRunningMesh(host);
  const { dial, settings } = mesh;
  const channels = within(settings.peer, await ownReadRights(mesh), wanted);
  const look = { dial, signal, allowSubscribe: channels };
  return await lookAround(mesh, look, (endpoint) => read({ endpoint, channels }));
}

function within(
  peer: Token,
  rights: readonly ChannelPattern[],
  wanted: ChannelPattern | undefined,
): readonly ChannelPattern[] {
  if (wanted === undefined) return rights;
  requireReadable(peer, rights, wanted);
  return [wanted];
}
