import type { OwnerId } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import { validPost } from "./catch-up.ts";
import { copiesOf, type Outgoing } from "./core/copy.ts";
import { isParked, type Parked, type Pointer, redecide } from "./core/parked.ts";
import type { Post } from "./core/post.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import type { StoredMessage } from "./stored-message.ts";

/** So many posts are looked at in one turn; the others of the shard do not wait longer for this owner. */
const atOnce = 100;

/**
 * Looks at what is kept for an owner whose rights may be known now. Copies are stored together with the list that
 * is left, so a pointer is either still there or its copy is.
 */
export async function reconsider(core: ShardCore, turn: Turn, owner: OwnerId): Promise<void> {
  const { session, knowledge, parking, stream } = core;
  const list = parking.of(owner);
  if (!list || (await knowledge.confirm(session, owner)).kind === "unknown") return;
  const step =
    list.pointers.length > 0 ? await readPointers(core, owner, list) : await readOn(core, turn, owner, list);
  await turn.commit([...step.outgoing, parking.replace(owner, step.parked)]);
  if (isParked(step.parked)) turn.reconsider(owner);
  else if (!parking.holds(owner)) await stream.purgePointers(owner);
}

interface Step {
  readonly outgoing: readonly Outgoing[];
  readonly parked: Parked;
}

async function readPointers(core: ShardCore, owner: OwnerId, { pointers, from }: Parked): Promise<Step> {
  const { chat, place, router, maxAgeMs } = core;
  const [now, later] = [pointers.slice(0, atOnce), pointers.slice(atOnce)];
  const posts = new Map<number, Post>();
  const gone: number[] = [];
  for (const { seq } of now) {
    const message = await chat.at(seq);
    const post = message && validPost(core, message);
    if (post) posts.set(seq, post);
    else if (!message) gone.push(seq);
  }
  const decided = redecide({ pointers: now }, (pointer) => {
    const post = posts.get(pointer.seq);
    return post ? router.judge({ owner, ...pointer }, post) : { kind: "drop", reason: "no-membership" };
  });
  const copyOf = (pointer: Pointer): Outgoing[] => {
    const post = posts.get(pointer.seq);
    return post ? [copiesOf(post, { ingest: place, maxAgeMs })({ owner, ...pointer })] : [];
  };
  return {
    outgoing: [...gapOf(core, owner, gone), ...decided.deliver.flatMap(copyOf)],
    parked: { pointers: [...decided.parked.pointers, ...later], from },
  };
}

/** Routes anew what came after the list was full. */
async function readOn(core: ShardCore, turn: Turn, owner: OwnerId, { from = 0 }: Parked): Promise<Step> {
  const outgoing: Outgoing[] = [];
  let next = from;
  for (let read = 0; read < atOnce && next <= turn.position; read++) {
    const message = await core.chat.from(next);
    const found = message && message.seq <= turn.position ? message : undefined;
    const end = found?.seq ?? turn.position + 1;
    if (end > next) outgoing.push(...gapOf(core, owner, [next, end - 1]));
    if (found) outgoing.push(...copiesFor(core, owner, found));
    next = end + 1;
  }
  return { outgoing, parked: { pointers: [], from: next <= turn.position ? next : undefined } };
}

function copiesFor(core: ShardCore, owner: OwnerId, message: StoredMessage): Outgoing[] {
  const { place, router, maxAgeMs } = core;
  const post = validPost(core, message);
  if (!post) return [];
  const copy = copiesOf(post, { ingest: place, maxAgeMs });
  const dues = router.duesOf(post).filter((due) => due.owner === owner);
  return dues.filter((due) => router.judge(due, post).kind === "deliver").map(copy);
}

/** What is gone, its owner may have been due. */
function gapOf({ gapFor, stats }: ShardCore, owner: OwnerId, seqs: readonly number[]): Outgoing[] {
  if (seqs.length === 0) return [];
  const [fromSeq, toSeq] = [Math.min(...seqs), Math.max(...seqs)];
  const gap: GapMarker = { channel: "*", fromSeq, toSeq, count: seqs.length, reason: "retention" };
  stats.gaps++;
  return [gapFor(owner, gap) ?? []].flat();
}
