import {
  type ConsumerInfo,
  consumerInfo,
  createConsumer,
  deleteConsumer,
  type Session,
} from "@cotal/session";
import { CotalError, consumerName, type OwnerId } from "@cotal/subjects";
import type { AttachAnswer, AttachOrder } from "./shard.ts";
import { copiesFilter, type ShardPlace, shardStream } from "./shard-place.ts";

/** The consumer of one member, by which it gets its copies. */
const consumer = {
  deliver_policy: "all",
  ack_policy: "explicit",
  ack_wait: 30e9,
  max_ack_pending: 256,
  inactive_threshold: 3_600e9,
  mem_storage: true,
} as const;

/**
 * Gives an owner its consumer. Which session it was made for stands in the consumer itself, so it outlives a
 * leader; whether that one lives, the broker tells by the pulls that wait. For another session it is made anew:
 * so what was in flight comes at once, and nothing more goes to the pulls of the one before.
 */
export async function attach(
  session: Session,
  place: ShardPlace,
  { owner, nonce, epoch, takeover }: AttachOrder & { readonly owner: OwnerId },
): Promise<AttachAnswer> {
  const stream = shardStream(place);
  const name = consumerName.delivery(owner);
  const answer = (pending: number): AttachAnswer => ({ stream, consumer: name, pending });
  const standing = await infoOf(session, stream, name);
  if (standing) {
    const { metadata = {} } = standing.config;
    const isOwn = metadata.nonce === nonce;
    if (isOwn && Number(metadata.epoch) > epoch) throw inUse(owner, "a later connection of the same program");
    if (!isOwn && standing.num_waiting > 0 && !takeover) throw inUse(owner, "another program");
    if (isOwn && Number(metadata.epoch) === epoch) {
      return answer(standing.num_pending + standing.num_ack_pending);
    }
    await deleteConsumer(session, stream, name);
  }
  const made = await createConsumer(session, stream, {
    ...consumer,
    name,
    filter_subject: copiesFilter(place, owner),
    metadata: { nonce, epoch: String(epoch) },
  });
  return answer(made.num_pending);
}

async function infoOf(session: Session, stream: string, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await consumerInfo(session, stream, name);
  } catch (error) {
    if (error instanceof CotalError && error.code === "consumer-missing") return undefined;
    throw error;
  }
}

function inUse(owner: OwnerId, by: string): CotalError {
  return new CotalError("identity-in-use", `${by} takes the copies of ${owner} now`, {
    hint: "stop the other one, or connect with takeover",
    data: { owner },
  });
}
