import type { Host } from "../host.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { seatIdentity } from "../mesh/seat-identity.ts";
import { withSeatView } from "../mesh/seat-view.ts";
import { type ChannelsSight, channelsSeen, seeChannels } from "./channel-sight.ts";

/** The channels of the space; inside an agent those that it may read. */
export async function channelsHere(host: Host, named?: string): Promise<ChannelsSight> {
  const signal = host.interrupted;
  const seat = seatIdentity(host);
  if (seat !== undefined)
    return await withSeatView(seat, signal, (endpoint) => channelsSeen(endpoint, named));
  return await seeChannels(await openRunningMesh(host), { signal, ...(named !== undefined && { named }) });
}
