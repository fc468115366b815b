import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import type { Scope } from "@cotal/session";
import { formatSubject, type OwnerId, partition, streamName } from "@cotal/subjects";
import { type BenchPeer, channel, type DurableSpace, startDurableSpace } from "../space/bench-space.ts";
import { use } from "../space/opened.ts";
import { openRawSide, type RawSide } from "../space/raw-side.ts";
import { stampedText } from "../space/stamp.ts";
import { type CrowdProcess, startCrowd } from "./crowd-process.ts";
import { startDaemon } from "./daemon.ts";
import { addIdleMembers, type Crowding } from "./idle-members.ts";

/** A space whose channel is durable, with its daemon, a peer that posts, and members in a process of their own. */
export interface DurableSide {
  readonly space: DurableSpace;
  readonly sender: Endpoint;
  readonly members: readonly BenchPeer[];
  readonly raw: RawSide;
  readonly crowd: CrowdProcess;
  readonly processes: readonly number[];
  /** Posts one message; the answer is its place in the channel stream. */
  post(): Promise<number>;
  /** Until whatever is due up to this post to these owners, the members unless told, is stored. */
  stored(seq: number, owners?: readonly OwnerId[]): Promise<void>;
  /** Where the copies are. */
  readonly streams: readonly string[];
}

export async function openDurableSide(
  scope: Scope,
  count: number,
  crowding?: Crowding,
): Promise<DurableSide> {
  const space = use(scope, await startDurableSpace());
  const raw = use(scope, await openRawSide(space));
  const daemon = use(scope, await startDaemon(space));
  // A daemon refuses to begin with memberships of which nothing says how far they were served.
  if (crowding) await addIdleMembers(space, crowding);
  const crowd = use(scope, startCrowd());
  const names = Array.from({ length: count }, (_, at) => `member-${at}`);
  const members = await space.provisionAll(names);
  const sender = use(scope, await connectEndpoint((await space.provision("sender")).options));
  return {
    space,
    sender,
    members,
    raw,
    crowd,
    processes: [space.pid, daemon.pid, crowd.pid],
    post: async () => (await sender.send({ channel, text: stampedText() })).seq,
    ...copyPlaces(
      space,
      raw,
      members.map(({ id }) => id),
    ),
  };
}

const lookMs = 1;

function copyPlaces(
  { space, trust }: DurableSpace,
  { manager }: RawSide,
  members: readonly OwnerId[],
): Pick<DurableSide, "stored" | "streams"> {
  const shardsOf = (owners: readonly OwnerId[]): number[] => [
    ...new Set(owners.map((owner) => partition(trust.space.shards, owner))),
  ];
  const positionOf = async (shard: number): Promise<number> => {
    const subject = formatSubject({ kind: "ckpt", space, shard });
    const stored = await manager.streams.getMessage(streamName.delivery(space, shard), {
      last_by_subj: subject,
    });
    return stored?.json<{ chatSeq: number }>().chatSeq ?? 0;
  };
  return {
    streams: shardsOf(members).map((shard) => streamName.delivery(space, shard)),
    stored: async (seq, owners = members) => {
      for (const shard of shardsOf(owners)) while ((await positionOf(shard)) < seq) await pause(lookMs);
    },
  };
}
