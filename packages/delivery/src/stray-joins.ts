import { type Found, type MemberPlace, type MemberRecord, tombstoneMember } from "@cotal/registries";
import { registryKey } from "@cotal/subjects";
import type { ShardCore, Turn } from "./shard-core.ts";

/**
 * Whether a leader that was deposed meanwhile has begun this membership. Its fence keeps it from saying so, so
 * nobody was told of it, and nobody would end it. What stood there when the lead was taken over is none.
 */
export function isStray({ writer, loaded }: ShardCore, { value, revision }: Found<MemberRecord>): boolean {
  const isOpen = value.state === "durable-active" && (!value.activated || revision > loaded);
  return isOpen && value.writer.epoch < writer.epoch;
}

export function strayAt(core: ShardCore, { owner, channel }: MemberPlace): MemberRecord | undefined {
  const standing = core.registries.members.get(registryKey.member(owner, channel));
  return standing.kind === "found" && isStray(core, standing) ? standing.value : undefined;
}

export async function endStray(core: ShardCore, { position }: Turn, place: MemberPlace): Promise<void> {
  const record = strayAt(core, place);
  if (!record) return;
  const { owner, channel, generation: expectedGeneration, joinCursor } = record;
  const leaveCursor = Math.max(joinCursor, position);
  const cursorStoredAt = joinCursor > position ? record.cursorStoredAt : undefined;
  const order = { owner, channel, expectedGeneration, leaveCursor, cursorStoredAt, writer: core.writer };
  await tombstoneMember(core.registries.members, order);
}
