import { forgetMember } from "@cotal/registries";
import type { ShardCore } from "./shard-core.ts";

/** So many in one turn, so that nothing waits long for it. */
const atOnce = 100;

/**
 * Removes the records of memberships that have ended before this post, which the shard has passed: whatever they were
 * due is stored, or gone and told of. What waits to be authorised is judged by its membership, so that stays.
 */
export async function forgetEnded(
  { members, parking, registries }: ShardCore,
  firstSeq: number,
): Promise<void> {
  const ended = [...members.all()].filter(
    ({ owner, leaveCursor = Number.POSITIVE_INFINITY }) => leaveCursor < firstSeq && !parking.of(owner),
  );
  for (const { owner, channel } of ended.slice(0, atOnce))
    await forgetMember(registries.members, { owner, channel, firstSeq });
}
