import { type Operation, requestApi, type Session } from "@cotal/session";
import { type Channel, formatPattern, type OwnerId, streamName, type Token } from "@cotal/subjects";
import { type Arguments, readArguments } from "./service-arguments.ts";
import { type OperationDeps, requireOwn } from "./service-operations.ts";

export interface AdminDeps extends Pick<OperationDeps, "shard" | "shards"> {
  readonly session: Session;
  readonly space: Token;
  /** Up to where every shard has served CHAT, as is stored; 0 where one never began. */
  readonly servedByAll: () => Promise<number>;
  /** How the shard is. */
  readonly report: () => object;
}

/** What operators and managers ask of the leader of a shard, for its owners. */
export function adminOperations(deps: AdminDeps): Readonly<Record<string, Operation>> {
  const { shard, shards } = deps;
  const about =
    (op: string, work: (owner: OwnerId, args: Arguments) => Promise<unknown>): Operation =>
    async (given) => {
      const args = readArguments(op, given ?? {});
      const owner = args.owner("owner");
      requireOwn(owner, { shard: shard.shard, shards });
      return await work(owner, args);
    };
  return {
    narrow: about("narrow", (owner, args) => shard.narrow(owner, args.rights("acl"))),
    settle: about("settle", (owner) => shard.settle(owner)),
    retire: about("retire", (owner) => shard.retire(owner)),
    pending: about("pending", (owner) => shard.pending(owner)),
    deadList: async (given) => {
      const args = readArguments("deadList", given ?? {});
      return await shard.letters.list({
        owner: args.ownerOrAll("owner"),
        after: args.countOr("after", 0),
        limit: Math.min(args.countOr("limit", listedAtOnce), listedAtOnce),
      });
    },
    deadReplay: about("deadReplay", (owner, args) =>
      shard.letters.replay({ owner, letter: args.token("letter") }),
    ),
    deadDrop: about("deadDrop", (owner, args) => shard.letters.drop({ owner, letter: args.token("letter") })),
    status: async () => deps.report(),
    purgeChannel: async (given) => {
      const args = readArguments("purgeChannel", given ?? {});
      return await purgeChannel(deps, {
        channel: args.channel("channel"),
        throughSeq: args.count("throughSeq"),
      });
    },
  };
}

/** What is answered within a moment; who wants more goes on behind the last row. */
const listedAtOnce = 100;

interface PurgeOrder {
  readonly channel: Channel;
  readonly throughSeq: number;
}

export interface ChannelPurge {
  /** How far it went: no shard had yet to serve anything up to there. */
  readonly throughSeq: number;
  readonly purged: number;
}

/** Removes the posts of a channel, but none that a shard has yet to serve. */
async function purgeChannel(
  { session, space, servedByAll }: AdminDeps,
  { channel, throughSeq: asked }: PurgeOrder,
): Promise<ChannelPurge> {
  const throughSeq = Math.min(asked, await servedByAll());
  if (throughSeq === 0) return { throughSeq, purged: 0 };
  const { purged } = await requestApi<{ readonly purged: number }>(
    session,
    `STREAM.PURGE.${streamName.chat(space)}`,
    { filter: formatPattern({ kind: "chat", space, sender: "*", channel }), seq: throughSeq + 1 },
  );
  return { throughSeq, purged };
}
