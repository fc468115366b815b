import { createInTurn, type Entry, type InTurn, type Session } from "@cotal/session";
import { subjectMatches } from "@cotal/subjects";
import { verifyDelivery } from "@cotal/wire";
import type { Core } from "./core.ts";
import type { Past, PastPost, PastRange, PastReader } from "./parts.ts";
import { type PastConsumer, type PastUse, type Sight, withPastConsumer } from "./past-consumer.ts";
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
  /** Nobody but the next reader of the name waits until the consumer is removed. */
  const use = <T>(of: PastUse, read: (consumer: PastConsumer) => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const reading = async (consumer: PastConsumer): Promise<void> => resolve(await read(consumer));
      turns[of.name](() => withPastConsumer(core, of, reading)).catch(reject);
    });

  return {
    // Under the name that a backfill does not have, so that it can be learned while that begins.
    frontier: (session, channel) => use({ session, name: "history", channel }, endOf),
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
  const { after, keep, limit } = range;
  const end = range.upTo ?? (await endOf(consumer));
  const [upTo, sight] = await Promise.all([end, beginningOf(consumer, range)]);
  // A stream that ends before what was read of it is another one.
  if (after !== undefined && after >= upTo) {
    return { posts: [], from: upTo + 1, upTo, whole: true, missed: after > upTo };
  }
  const { pending, ...place } = await placeOf(consumer, { range, upTo, sight });
  const window = createPastWindow({ keep, limit });
  const readUpTo = await readPages(consumer, { upTo, from: place.from, pending }, (entry) => {
    const post = verify(entry);
    return post === undefined || window.add(post);
  });
  const { posts, droppedUpTo } = window;
  if (droppedUpTo === undefined) return { ...place, posts, upTo: readUpTo };
  return { posts, from: droppedUpTo + 1, upTo: readUpTo, whole: false, missed: after !== undefined };
}

/**
 * Hands over entries until one is refused or the end has come, and gives the last sequence that is done with.
 * What was stored after the consumer stood there is not handed over.
 */
async function readPages(
  consumer: PastConsumer,
  { upTo, from, pending }: Sight & { readonly upTo: number },
  take: (entry: Entry) => boolean,
): Promise<number> {
  let done = from - 1;
  for (let left = pending; left > 0; ) {
    const page = await consumer.page();
    for (const entry of page.slice(0, left)) {
      if (entry.seq > upTo) return upTo;
      if (!take(entry)) return entry.seq - 1;
      done = entry.seq;
    }
    left = Math.min(left - page.length, page.at(-1)?.pending ?? 0);
  }
  return Number.isFinite(upTo) ? upTo : done;
}

/** Goes to the first that is asked for. */
async function beginningOf(consumer: PastConsumer, { after = 0, since }: PastRange): Promise<Sight> {
  const seqFrom = after + 1;
  if (since === undefined) return await consumer.look({ kind: "seq", seq: seqFrom });
  const sight = await consumer.look({ kind: "time", at: since });
  return sight.from >= seqFrom ? sight : await consumer.look({ kind: "seq", seq: seqFrom });
}

interface Beginning {
  readonly range: PastRange;
  readonly upTo: number;
  readonly sight: Sight;
}

type Place = Pick<Past, "from" | "whole" | "missed"> & Pick<Sight, "pending">;

/** Goes on to where reading begins: of more than are wanted, to the newest. */
async function placeOf(consumer: PastConsumer, { range, upTo, sight }: Beginning): Promise<Place> {
  const { after, keep, limit } = range;
  const isTooMany = keep === "newest" && sight.pending > limit + slack;
  const { from, pending } = isTooMany ? await newestOf(consumer, { range, upTo, sight }) : sight;
  const whole = from === sight.from;
  const seqFrom = (after ?? 0) + 1;
  if (after === undefined || from === seqFrom) return { from, pending, whole, missed: false };
  // Asked second: what arrives in between makes it too many, never too few.
  const asked = await consumer.look({ kind: "seq", seq: seqFrom });
  const again = await consumer.look({ kind: "seq", seq: from });
  const missed = asked.from > seqFrom || asked.pending > pending;
  return { from, pending: again.pending, whole, missed };
}

async function newestOf(consumer: PastConsumer, { range, upTo, sight }: Beginning): Promise<Sight> {
  const end = Math.min(upTo, await endOf(consumer));
  const countFrom = countUpTo(consumer, end);
  const search = { first: sight.from, end: end + 1, wanted: range.limit, slack, countFrom };
  return await consumer.look({ kind: "seq", seq: await findPlace(search) });
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
