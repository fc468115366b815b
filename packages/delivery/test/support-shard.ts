import type { MemberRecord } from "@cotal/registries";
import type { OwnerId } from "@cotal/subjects";
import type { Shard } from "../src/shard.ts";

/** An actor that notes what it was asked and answers what a test says. */
export interface ScriptedShard extends Shard {
  readonly calls: (readonly [op: string, owner: string, order?: unknown])[];
  /** Answers, by operation. */
  readonly answers: Map<string, () => Promise<unknown>>;
  readonly members: MemberRecord[];
}

export function scriptedShard(shard: number): ScriptedShard {
  const calls: ScriptedShard["calls"] = [];
  const answers: ScriptedShard["answers"] = new Map();
  const members: MemberRecord[] = [];
  const did = async <T>(op: string, owner: OwnerId, order?: unknown): Promise<T> => {
    calls.push(order === undefined ? [op, owner] : [op, owner, order]);
    return (await answers.get(op)?.()) as T;
  };
  return {
    shard,
    calls,
    answers,
    members,
    join: (owner, order) => did("join", owner, order),
    leave: (owner, order) => did("leave", owner, order),
    memberships: (owner) => members.filter((row) => row.owner === owner),
    attach: (owner, order) => did("attach", owner, order),
    pending: (owner) => did("pending", owner),
    narrow: (owner, rights) => did("narrow", owner, rights),
    settle: (owner) => did("settle", owner),
    retire: (owner) => did("retire", owner),
    letters: {
      bury: (owner, burial) => did("bury", owner, burial),
      replay: ({ owner, letter }) => did("replay", owner, letter),
      drop: ({ owner, letter }) => did("drop", owner, letter),
      list: ({ owner, ...order }) => did("list", owner as OwnerId, order),
    },
  };
}
