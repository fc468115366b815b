import { type Channel, type DirectLane, directLane, isChannel, type OwnerId } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import { gapMessage, type Outgoing } from "./core/copy.ts";
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
  /** A marker about all channels is for the owner itself: it stays when rights are taken away. */
  const addressOf = (owner: OwnerId, channel: GapMarker["channel"]): Channel | DirectLane | undefined => {
    if (isChannel(channel)) return covered(owner, channel);
    if (channel === directLane) return directLane;
    const acl = knowledge.acl(owner);
    return acl.kind === "found" && acl.value.allowSubscribe.length > 0 ? directLane : undefined;
  };
  return (owner, gap) => {
    const address = addressOf(owner, gap.channel);
    return address && gapMessage(gap, { ingest: place, owner, address, maxAgeMs });
  };
}
