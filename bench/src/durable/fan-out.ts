import type { Scope } from "@cotal/session";
import { streamName } from "@cotal/subjects";
import type { Comparison, Row, Size } from "../row.ts";
import { type AckCount, countAcks } from "../space/ack-count.ts";
import { channel } from "../space/bench-space.ts";
import { opened } from "../space/opened.ts";
import { bodyBytes } from "../space/pair.ts";
import type { SideName } from "../space/receiver-calls.ts";
import { spreadOf } from "../statistics.ts";
import { type DurableSide, openDurableSide } from "./durable-side.ts";
import { play } from "./load.ts";
import { openCopier, openDurables, type RawPosts } from "./raw-posts.ts";

const rates = { 1: "1.4", 10: "1.7", 50: "1.5", 200: "1.9" } as const;
const latencies = { 1: "3.0", 10: "2.6", 50: "2.0" } as const;
/** About so many copies in a round. */
const copies = { full: 4_000, smoke: 40 } as const;
/** So many posts in a round, one after the other. */
const single = { full: 40, smoke: 3 } as const;

/** Posts in a durable channel, until each of the members that are there has handled and acked them all. */
export function fanOut(count: keyof typeof rates): Row {
  return {
    id: `B4-${count}`,
    title: `durable posts to ${count} online`,
    suite: "fan-out",
    rounds: 3,
    open: (size) =>
      openOnline({ count, size, openRaw: openCopier }, ({ ours, raw }) => {
        const posts = Math.ceil(copies[size] / ours.members);
        return {
          title: `to ${count}, copies acked`,
          rawTitle: "a program that copies each post, consumers that ack",
          unit: "1/s",
          better: "higher",
          gate: 1.1,
          aim: rates[count],
          ours: () => rateOf(ours, posts),
          raw: () => rateOf(raw, posts),
        };
      }),
  };
}

/** One post, until the last member has acked it. */
export function lastMember(count: keyof typeof latencies): Row {
  return {
    id: `B7-${count}`,
    title: `one durable post to ${count} online`,
    suite: "last-member",
    open: (size) =>
      openOnline({ count, size, openRaw: openDurables }, ({ ours, raw }) => ({
        title: `until the last of ${count} has acked it`,
        rawTitle: "one post, a filtered consumer for each",
        unit: "ms",
        better: "lower",
        gate: 4,
        aim: latencies[count],
        ours: () => latencyOf(ours, single[size]),
        raw: () => latencyOf(raw, single[size]),
      })),
  };
}

/** One side, with all its receivers there. */
export interface Posting {
  readonly name: SideName;
  readonly members: number;
  readonly crowd: DurableSide["crowd"];
  readonly acks: AckCount;
  post(): Promise<unknown>;
}

interface Order {
  readonly count: number;
  readonly size: Size;
  readonly openRaw: (scope: Scope, side: DurableSide, bytes: number) => Promise<RawPosts>;
}

function openOnline(
  { count, size, openRaw }: Order,
  compare: (sides: { readonly ours: Posting; readonly raw: Posting }) => Comparison,
): ReturnType<Row["open"]> {
  return opened(async (scope) => {
    const side = await openDurableSide(scope, size === "smoke" ? Math.min(count, 5) : count);
    const { space, members, crowd, processes, raw, post, streams } = side;
    const bytes = await bodyBytes(side, { stream: streamName.chat(space.space), to: { channel } });
    const rawPosts = await openRaw(scope, side, bytes);
    await crowd.gather(members.map(({ options }) => ({ ...options, channels: [channel] })));
    const posting = (name: SideName, at: Pick<RawPosts, "post" | "streams">): Posting => ({
      name,
      members: members.length,
      crowd,
      acks: countAcks(raw.connection, at.streams),
      post: at.post,
    });
    const sides = { ours: posting("ours", { post, streams }), raw: posting("raw", rawPosts) };
    await raw.connection.flush();
    return { comparisons: [compare(sides)], processes: [...processes, ...rawPosts.processes] };
  });
}

/** Copies per second, from the first post until the last is acked. */
export async function rateOf({ name, members, crowd, acks, post }: Posting, posts: number): Promise<number> {
  const count = posts * members;
  await crowd.expect({ side: name, count });
  acks.expect(count);
  const start = process.hrtime.bigint();
  await play(post, { posts });
  const { lastAt } = await acks.complete();
  await crowd.arrived(name);
  return (count * 1e9) / Number(lastAt - start);
}

/** The median in ms from one post until its last ack. */
async function latencyOf({ name, members, crowd, acks, post }: Posting, posts: number): Promise<number> {
  const tookMs: number[] = [];
  await crowd.expect({ side: name, count: posts * members });
  for (let at = 0; at < posts; at++) {
    acks.expect(members);
    const start = process.hrtime.bigint();
    await post();
    const { lastAt } = await acks.complete();
    tookMs.push(Number(lastAt - start) / 1e6);
  }
  await crowd.arrived(name);
  return spreadOf(tookMs).median;
}
