import type { Operation } from "@cotal/session";
import { CotalError, type OwnerId, partition } from "@cotal/subjects";
import { type Arguments, readArguments } from "./service-arguments.ts";
import type { Channels } from "./service-channels.ts";
import type { Shard } from "./shard.ts";

export interface OperationDeps {
  readonly shard: Shard;
  /** How many shards the space has. */
  readonly shards: number;
  readonly channels: Channels;
}

/** What agents ask of the leader of their shard. Who asks is whom it is about. */
export function agentOperations({
  shard,
  shards,
  channels,
}: OperationDeps): Readonly<Record<string, Operation>> {
  /** Refuses an owner of another shard: its leader alone decides for it. */
  const own =
    (op: string, work: (owner: OwnerId, args: Arguments) => Promise<unknown>): Operation =>
    async (args, { sender }) => {
      requireOwn(sender, { shard: shard.shard, shards });
      return await work(sender, readArguments(op, args ?? {}));
    };
  return {
    durableJoin: own("durableJoin", (owner, args) =>
      shard.join(owner, { channel: args.channel("channel"), since: args.count("since") }),
    ),
    durableLeave: own("durableLeave", (owner, args) =>
      shard.leave(owner, { channel: args.channel("channel"), generation: args.count("generation") }),
    ),
    listMemberships: own("listMemberships", async (owner) =>
      shard.memberships(owner).map(({ channel, generation, joinCursor, activated }) => ({
        channel,
        generation,
        joinCursor,
        activated,
      })),
    ),
    attach: own("attach", (owner, args) =>
      shard.attach(owner, {
        nonce: args.token("nonce"),
        epoch: args.count("epoch"),
        takeover: args.flag("takeover"),
      }),
    ),
    bury: own("bury", (owner, args) => shard.letters.bury(owner, args.burial())),
    pending: own("pending", (owner) => shard.pending(owner)),
    members: async (args, { sender }) =>
      channels.members(sender, readArguments("members", args ?? {}).channel("channel")),
    channels: async (_, { sender }) => await channels.list(sender),
  };
}

/** An owner has one shard, and only the leader of that one knows what has become of it. */
export function requireOwn(
  owner: OwnerId,
  { shard, shards }: { readonly shard: number; readonly shards: number },
): void {
  const home = partition(shards, owner);
  if (home === shard) return;
  throw new CotalError("wrong-shard", `${owner} belongs to shard ${home}, not to shard ${shard}`, {
    hint: `ask the service of shard ${home}`,
    data: { owner, shard, home },
  });
}
