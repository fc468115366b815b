import { consumerInfo } from "@cotal/session";
import { CotalError, consumerName, type OwnerId } from "@cotal/subjects";
import type { ShardCore, Turn } from "./shard-core.ts";
import { shardStream } from "./shard-place.ts";

/**
 * Puts what an owner is to be told behind its copies. Until somebody is there to read it, it is kept aside: so it
 * is one marker for each channel, however often something was cut.
 */
export async function tellGaps(core: ShardCore, turn: Turn, owner: OwnerId): Promise<void> {
  const { parking, gapFor, stream, knowledge } = core;
  const gaps = parking.gapsOf(owner);
  // Of whom it is not known what it may read it is not known either what it is to be told.
  if (gaps.length === 0 || knowledge.rights(owner).kind === "unknown") return;
  const markers = gaps.flatMap((gap) => gapFor(owner, gap) ?? []);
  await turn.commit([...markers, parking.told(owner)]);
  if (!parking.holds(owner)) await stream.purgePointers(owner);
}

/** Of those who are to be told something, who takes its copies now. */
export async function listeners(core: ShardCore): Promise<readonly OwnerId[]> {
  const found: OwnerId[] = [];
  for (const owner of core.parking.indebted().slice(0, lookedAtOnce)) {
    if (await isListening(core, owner)) found.push(owner);
  }
  return found;
}

const lookedAtOnce = 100;

async function isListening({ session, place }: ShardCore, owner: OwnerId): Promise<boolean> {
  try {
    const { num_waiting } = await consumerInfo(session, shardStream(place), consumerName.delivery(owner));
    return num_waiting > 0;
  } catch (error) {
    if (error instanceof CotalError && error.code === "consumer-missing") return false;
    throw error;
  }
}
