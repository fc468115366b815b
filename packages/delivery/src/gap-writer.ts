import { type Channel, directLane, isChannel, type OwnerId } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import { gapMessage, type Outgoing } from "./core/copy.ts";
import { gapChannel } from "./core/gap-channel.ts";
import type { Knowledge } from "./knowledge.ts";
import type { ShardPlace } from "./shard-place.ts";

/** Makes the markers by which owners learn what they will not get. */
export type GapWriter = (owner: OwnerId, gap: GapMarker) => Outgoing | undefined;

/** Who may not read where something is missing does not miss it, so there is no marker for that. */
export function createGapWriter(deps: {
  readonly place: ShardPlace;
  readonly knowledge: Pick<Knowledge, "acl" | "rights">;
  readonly maxAgeMs: number;
}): GapWriter {
  const { place, knowledge, maxAgeMs } = deps;
  const covered = (owner: OwnerId, channel: Channel): Channel | undefined => {
    const rights = knowledge.rights(owner);
    return rights.kind === "known" && rights.covers(channel) ? channel : undefined;
  };
  return (owner, gap) => {
    if (gap.channel === directLane) {
      return gapMessage(gap, { ingest: place, owner, address: directLane, maxAgeMs });
    }
    const acl = knowledge.acl(owner);
    if (acl.kind !== "found" || acl.value.allowSubscribe.length === 0) return undefined;
    const address = isChannel(gap.channel) ? covered(owner, gap.channel) : gapChannel;
    return address && gapMessage(gap, { ingest: place, owner, address, maxAgeMs });
  };
}
