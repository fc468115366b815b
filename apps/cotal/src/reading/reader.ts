import type { Endpoint } from "@cotal/endpoint";
import type { ChannelPattern } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { lookAround } from "../mesh/look-around.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { ownReadRights, requireReadable } from "./own-rights.ts";

/** What somebody reads with: nobody sees it, and it may read what the user's own peer may. */
export interface Reader {
  readonly endpoint: Endpoint;
  /** What was asked for; unless anything was, all that may be read. */
  readonly channels: readonly ChannelPattern[];
}

export async function withReader<T>(
  host: Host,
  wanted: ChannelPattern | undefined,
  read: (reader: Reader) => Promise<T>,
): Promise<T> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  const rights = await ownReadRights(mesh);
  if (wanted !== undefined) requireReadable(mesh, rights, wanted);
  const channels = wanted === undefined ? rights : [wanted];
  return await lookAround(
    mesh,
    { dial: mesh.dial, signal: host.interrupted, allowSubscribe: channels },
    (endpoint) => read({ endpoint, channels }),
  );
}
