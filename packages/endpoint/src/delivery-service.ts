import {
  type Channel,
  CotalError,
  consumerName,
  isChannel,
  isOwnerId,
  type OwnerId,
  partition,
  serviceName,
  streamName,
} from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { Asking, RequestOptions, SpaceViews } from "./parts.ts";

export type DurableJoin =
  | { readonly kind: "held"; readonly generation: number }
  /** Part of what was posted since is not kept any more; nothing is held. */
  | { readonly kind: "evicted" };

/** Who tells apart the connections of one peer, and one program of it from another. */
export interface Attaching {
  readonly nonce: string;
  readonly epoch: number;
  readonly takeover: boolean;
}

/** Where the copies for this peer are handed out. */
export interface DeliveryPlace {
  readonly stream: string;
  readonly consumer: string;
  readonly pending: number;
}

export interface ChannelMember {
  readonly id: OwnerId;
  readonly activated: boolean;
}

export interface StoredChannel {
  readonly channel: Channel;
  readonly posts: number;
  readonly lastSeq: number;
  readonly members: number;
}

/** What this peer gives up. Without the message nobody can prove it or hand it out again. */
export interface Burial {
  readonly subject: string;
  readonly reason: string;
  readonly id?: string | undefined;
  readonly message?: {
    readonly headers: readonly (readonly [name: string, value: string])[];
    /** In base64. */
    readonly body: string;
    readonly storedAt: number;
    readonly seq: number;
    readonly letter?: string | undefined;
  };
}

/** What the delivery service answers to this peer. It rejects with `no-responders` while nobody leads. */
export interface DeliveryService {
  join(channel: Channel, since: number): Promise<DurableJoin>;
  /** Resolves when the membership has ended, also when there was none. */
  leave(channel: Channel, generation: number | undefined): Promise<void>;
  /** The own memberships that are open, by their generations. */
  held(): Promise<ReadonlyMap<Channel, number>>;
  attach(attaching: Attaching): Promise<DeliveryPlace>;
  /** Resolves when it is kept, also when it was before. */
  bury(burial: Burial): Promise<void>;
  /** The own backlog. */
  pending(): Promise<number>;
  members(channel: Channel, options?: RequestOptions): Promise<readonly ChannelMember[]>;
  channels(options?: RequestOptions): Promise<readonly StoredChannel[]>;
}

export function createDeliveryService(core: Core, asking: Asking, views: SpaceViews): DeliveryService {
  const { self, space } = core;
  const shard = (): number => partition(views.space().shards, self.id);
  const ask = (op: string, args?: unknown, options?: RequestOptions): Promise<unknown> =>
    asking.request(serviceName.delivery(shard()), op, args, options);

  const held = async (): Promise<ReadonlyMap<Channel, number>> =>
    new Map(each(await ask("listMemberships"), "listMemberships", rowOf));
  const leaveNow = async (channel: Channel): Promise<void> => {
    const generation = (await held()).get(channel);
    if (generation !== undefined) await ask("durableLeave", { channel, generation });
  };

  return {
    join: async (channel, since) => {
      try {
        return joinOf(await ask("durableJoin", { channel, since }));
      } catch (error) {
        if (isCode(error, "evicted")) return { kind: "evicted" };
        throw error;
      }
    },
    leave: async (channel, generation) => {
      if (generation === undefined) return leaveNow(channel);
      try {
        await ask("durableLeave", { channel, generation });
      } catch (error) {
        // Somebody else has joined anew for this peer; what is to end is whatever is open.
        if (!isCode(error, "stale-generation")) throw error;
        await leaveNow(channel);
      }
    },
    held,
    attach: async (attaching) => {
      const place = {
        stream: streamName.delivery(space, shard()),
        consumer: consumerName.delivery(self.id),
      };
      const answer = fieldsOf(await ask("attach", attaching), "attach");
      if (answer.stream === place.stream && answer.consumer === place.consumer) {
        return { ...place, pending: countOf(answer.pending, "attach") };
      }
      throw badReply("attach");
    },
    bury: async (burial) => void (await ask("bury", burial)),
    pending: async () => countOf(fieldsOf(await ask("pending"), "pending").pending, "pending"),
    members: async (channel, options) =>
      each(await ask("members", { channel }, options), "members", ({ id, activated }) => {
        if (!isOwnerId(id)) throw badReply("members");
        return { id, activated: activated === true };
      }),
    channels: async (options) =>
      each(await ask("channels", undefined, options), "channels", ({ channel, ...counts }) => {
        if (!isChannel(channel)) throw badReply("channels");
        const [posts, lastSeq, members] = (["posts", "lastSeq", "members"] as const).map((name) =>
          countOf(counts[name], "channels"),
        );
        return { channel, posts: posts ?? 0, lastSeq: lastSeq ?? 0, members: members ?? 0 };
      }),
  };
}

export function isCode(error: unknown, code: CotalError["code"]): boolean {
  return error instanceof CotalError && error.code === code;
}

type Fields = Readonly<Record<string, unknown>>;

function joinOf(data: unknown): DurableJoin {
  const answer = fieldsOf(data, "durableJoin");
  if (answer.durable === false) return { kind: "evicted" };
  if (answer.durable === true) {
    return { kind: "held", generation: countOf(answer.generation, "durableJoin") };
  }
  throw badReply("durableJoin");
}

function rowOf({ channel, generation }: Fields): readonly [Channel, number] {
  if (!isChannel(channel)) throw badReply("listMemberships");
  return [channel, countOf(generation, "listMemberships")];
}

function each<T>(data: unknown, op: string, read: (row: Fields) => T): T[] {
  if (!Array.isArray(data)) throw badReply(op);
  return data.map((row) => read(fieldsOf(row, op)));
}

function fieldsOf(data: unknown, op: string): Fields {
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data as Fields;
  throw badReply(op);
}

function countOf(value: unknown, op: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw badReply(op);
}

function badReply(op: string): CotalError {
  return new CotalError("bad-reply", `the delivery service answered ${op} in an unknown form`, {
    hint: "let the peer and the delivery daemon have the same release",
    data: { op },
  });
}
