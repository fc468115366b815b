import type { Entry, Session } from "@cotal/session";
import { subjectMatches } from "@cotal/subjects";
import { verifyDelivery } from "@cotal/wire";
import type { Core } from "./core.ts";
import { createInTurn, type InTurn } from "./in-turn.ts";
import type { Past, PastPost, PastRange, PastReader } from "./parts.ts";
import { type PastConsumer, type PastUse, withPastConsumer } from "./past-consumer.ts";
import { findPlace } from "./past-search.ts";
import { createPastWindow } from "./past-window.ts";
import type { Rejections } from "./rejections.ts";

/** More than wanted by so few is not worth another look. */
const slack = 256;

export function createPastReader(core: Core, rejections: Rejections): PastReader {
  const turns: Readonly<Record<PastUse["name"], InTurn>> = {
    history: createInTurn(),
    backfill: createInTurn(),
  };
  const use = <T>(of: PastUse, read: (consumer: PastConsumer) => Promise<T>): Promise<T> =>
    turns[of.name](() => withPastConsumer(core, of, read));

  return {
    frontier: (session, channel) => use({ session, name: "backfill", channel }, endOf),
    read: (session, range) =>
      use({ ...range, session }, (consumer) =>
        readRange(consumer, range, (entry) => verify(core, { session, range, entry }, rejections)),
      ),
  };
}

async function endOf(consumer: PastConsumer): Promise<number> {
  const { from } = await consumer.look({ kind: "end" });
  return from - 1;
}

type Verify = (entry: Entry) => PastPost | undefined;

async function readRange(consumer: PastConsumer, range: PastRange, verify: Verify): Promise<Past> {
  const { after, upTo = await endOf(consumer), keep, limit } = range;
  // A stream that ends before what was read of it is another one.
  if (after !== undefined && after >= upTo) {
    return { posts: [], from: upTo + 1, upTo, whole: true, missed: after > upTo };
  }
  const place = await placeOf(consumer, { ...range, upTo });
  const window = createPastWindow({ keep, limit });
  const readUpTo = await readPages(consumer, upTo, (entry) => {
    const post = verify(entry);
    return post === undefined || window.add(post);
  });
  const { posts, droppedUpTo } = window;
  if (droppedUpTo === undefined) return { ...place, posts, upTo: readUpTo };
  return { posts, from: droppedUpTo + 1, upTo: readUpTo, whole: false, missed: after !== undefined };
}

/** Hands over entries until one is refused or the end has come, and gives the last sequence that is done with. */
async function readPages(
  consumer: PastConsumer,
  upTo: number,
  take: (entry: Entry) => boolean,
): Promise<number> {
  for (;;) {
    const page = await consumer.page();
    for (const entry of page) {
      if (entry.seq > upTo) return upTo;
      if (!take(entry)) return entry.seq - 1;
    }
    if ((page.at(-1)?.pending ?? 0) === 0) return upTo;
  }
}

type Place = Pick<Past, "from" | "whole" | "missed">;

/** Goes to where reading begins. */
async function placeOf(consumer: PastConsumer, range: PastRange & { readonly upTo: number }): Promise<Place> {
  const { after, since, keep, limit, upTo } = range;
  const seqFrom = (after ?? 0) + 1;
  const timeFrom = since === undefined ? 0 : (await consumer.look({ kind: "time", at: since })).from;
  let sight = await consumer.look({ kind: "seq", seq: Math.max(seqFrom, timeFrom) });
  const first = sight.from;
  if (keep === "newest" && sight.pending > limit + slack) {
    const countFrom = countUpTo(consumer, upTo);
    const search = { first, end: upTo + 1, wanted: limit, slack, countFrom };
    sight = await consumer.look({ kind: "seq", seq: await findPlace(search) });
  }
  const { from } = sight;
  const whole = from === first;
  if (after === undefined || from === seqFrom) return { from, whole, missed: false };
  // Asked second: what arrives in between makes it too many, never too few.
  const asked = await consumer.look({ kind: "seq", seq: seqFrom });
  await consumer.look({ kind: "seq", seq: from });
  return { from, whole, missed: asked.from > seqFrom || asked.pending > sight.pending };
}

/** Counts from a place up to another. What is posted in between makes it too few, never too many. */
function countUpTo(consumer: PastConsumer, upTo: number): (place: number) => Promise<number> {
  return async (seq) => {
    const { pending } = await consumer.look({ kind: "seq", seq });
    const beyond = await consumer.look({ kind: "seq", seq: upTo + 1 });
    return pending - beyond.pending;
  };
}

interface Verified {
  readonly session: Session;
  readonly range: PastRange;
  readonly entry: Entry;
}

function verify(
  core: Core,
  { session, range: { channel, own }, entry }: Verified,
  rejections: Rejections,
): PastPost | undefined {
  const { subject, headers, data: bytes, seq, storedAt } = entry;
  const verdict = verifyDelivery({
    subject,
    headers,
    bytes,
    storedAt,
    route: { kind: "channel", space: core.space, covers: (given) => subjectMatches(channel, given) },
    policy: core.policy(session),
  });
  if (verdict.verdict === "reject") {
    rejections.count(verdict.reason);
    core.log({ level: "debug", event: "past.rejected", fields: { subject, seq, reason: verdict.reason } });
  }
  if (verdict.verdict !== "ok" || (!own && verdict.sender === core.self.id)) return undefined;
  return { accepted: verdict, bytes: bytes.length, seq, storedAt };
}
