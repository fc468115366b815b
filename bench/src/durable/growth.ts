import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import type { Scope } from "@cotal/session";
import type { Comparison, Row, Size } from "../row.ts";
import { medianMs, type Undo } from "../rows/timed-each.ts";
import { countAcks } from "../space/ack-count.ts";
import { channel } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { type DurableSide, openDurableSide } from "./durable-side.ts";
import { type Posting, rateOf } from "./fan-out.ts";
import type { Crowding } from "./idle-members.ts";

const smallest: Crowding = { memberships: 10, channels: 10 };
const sizes: readonly Crowding[] = [
  { memberships: 100, channels: 10 },
  { memberships: 1_000, channels: 10 },
  { memberships: 10_000, channels: 10 },
  { memberships: 10_000, channels: 1_000 },
];
const online = 10;

/** What others cost who are members of other channels: the same work in a small space and in a large one. */
export const growth: Row = {
  id: "B17",
  title: "durable posts and joins in a growing space",
  suite: "growth",
  rounds: 3,
  open: (size) =>
    opened(async (scope) => {
      const small = await openGround(scope, smallest);
      const grounds: Ground[] = [];
      for (const crowding of size === "smoke" ? sizes.slice(0, 1) : sizes) {
        grounds.push(await openGround(scope, crowding));
      }
      return {
        comparisons: grounds.flatMap((large) => compare({ small, large }, size)),
        processes: [small, ...grounds].flatMap(({ side }) => side.processes),
      };
    }),
};

/** A space with its members there, and one peer that joins and leaves. */
interface Ground {
  readonly crowding: Crowding;
  readonly side: DurableSide;
  readonly posting: Posting;
  readonly joiner: Endpoint;
}

async function openGround(scope: Scope, crowding: Crowding): Promise<Ground> {
  const side = await openDurableSide(scope, online, crowding);
  const { space, members, crowd, raw, post, streams } = side;
  await crowd.gather(members.map(({ options }) => ({ ...options, channels: [channel] })));
  const joiner = use(scope, await connectEndpoint((await space.provision("joiner")).options));
  const acks = countAcks(raw.connection, streams);
  await raw.connection.flush();
  return { crowding, side, joiner, posting: { name: "ours", members: members.length, crowd, acks, post } };
}

function compare(
  { small, large }: { readonly small: Ground; readonly large: Ground },
  size: Size,
): readonly Comparison[] {
  const { memberships, channels } = large.crowding;
  const beside = `beside ${memberships} memberships in ${channels} channels`;
  const rawTitle = `the same beside ${smallest.memberships}`;
  const posts = size === "smoke" ? 5 : 400;
  const turns = Array.from({ length: size === "smoke" ? 2 : 20 });
  return [
    {
      title: `copies to ${online} online ${beside}`,
      rawTitle,
      unit: "1/s",
      better: "higher",
      gate: 0.9,
      aim: "flat",
      ours: () => rateOf(large.posting, posts),
      raw: () => rateOf(small.posting, posts),
    },
    {
      title: `\`join\`, durable, ${beside}`,
      rawTitle,
      unit: "ms",
      better: "lower",
      gate: 1.1,
      aim: "flat",
      ours: () => medianMs(turns, () => joinOnce(large.joiner)),
      raw: () => medianMs(turns, () => joinOnce(small.joiner)),
    },
  ];
}

export async function joinOnce(endpoint: Endpoint): Promise<Undo> {
  const { durable } = await endpoint.join(channel);
  if (durable !== "held") throw new Error(`the membership is ${durable}`);
  return () => endpoint.leave(channel);
}
