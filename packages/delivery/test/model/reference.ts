import type { Fact, History, Item, PostFact } from "./facts.ts";
import { type Rights, rightsOf } from "./rights.ts";
import { type Ties, tiesOf } from "./ties.ts";

/**
 * What went wrong in a history: what an owner had to get and did not get, what it got and must not have got, and
 * what it got twice or in the wrong order. Nothing else matters, so nothing is said of how the engine does it.
 */
export function judge(history: History): readonly string[] {
  const owners = new Set(history.facts.map(({ owner }) => owner));
  return [...owners].flatMap((owner) => {
    const facts = history.facts.filter((fact) => fact.owner === owner);
    const view = { owner, facts, ties: tiesOf(facts), rights: rightsOf(facts) };
    return [...lossesOf(history, view), ...leaksOf(history, view), ...repeatsOf(view)].map(
      (wrong) => `${owner}: ${wrong}`,
    );
  });
}

/** One owner, and what is known of it. */
interface View {
  readonly owner: string;
  readonly facts: readonly Fact[];
  readonly ties: Ties;
  readonly rights: Rights;
}

type Copy = Extract<Item, { kind: "copy" }>;

function lossesOf({ posts, durable, losses, lostAbove }: History, view: View): string[] {
  const items = view.facts.flatMap((fact) => (fact.kind === "receipt" ? [fact.item] : []));
  const isTold = ({ seq, channel }: PostFact): boolean =>
    losses &&
    items.some(
      (item) =>
        item.kind === "gap" &&
        (item.channel === channel || item.channel === "*") &&
        item.fromSeq <= seq &&
        seq <= item.toSeq,
    );
  const isHad = ({ seq }: PostFact): boolean =>
    items.some((item) => item.kind === "copy" && item.seq === seq);
  return posts
    .filter(({ seq }) => lostAbove === undefined || seq <= lostAbove)
    .filter((post) => mustGet(post, view, durable) && !isHad(post) && !isTold(post))
    .map(({ seq, channel }) => `post ${seq} in ${channel} is lost`);
}

/** As a member or by a mention, and the right was there, or could not be told, from then on. */
function mustGet(post: PostFact, { owner, ties, rights }: View, durable: readonly string[]): boolean {
  const { seq, channel, sender, mentions } = post;
  if (sender === owner) return false;
  const tie = durable.includes(channel) ? ties.at(channel, seq) : { kind: "out" as const };
  if (tie.kind === "in" && rights.heldSince(tie.from, channel)) return true;
  return mentions.includes(owner) && rights.heldSince(rights.indexAt(seq), channel);
}

function leaksOf({ posts, durable }: History, view: View): string[] {
  const bySeq = new Map(posts.map((post) => [post.seq, post]));
  return view.facts.flatMap((fact, index) => {
    if (fact.kind !== "receipt" || fact.item.kind !== "copy") return [];
    const { item } = fact;
    const post = bySeq.get(item.seq);
    const flaw =
      post?.channel === item.channel && post.text === item.text
        ? (flawOf(item, { index, view }) ?? flawOfReason(item, { post, view, durable }))
        : "stands for no post";
    return flaw === undefined ? [] : [`the copy of ${item.seq} in ${item.channel} ${flaw}`];
  });
}

function flawOf(
  { channel }: Copy,
  { index, view }: { readonly index: number; readonly view: View },
): string | undefined {
  return view.rights.mayRead(index, channel) ? undefined : "is outside its rights";
}

interface Circumstances {
  readonly post: PostFact;
  readonly view: View;
  readonly durable: readonly string[];
}

function flawOfReason(
  { reason, channel, seq }: Copy,
  { post, view, durable }: Circumstances,
): string | undefined {
  const { owner, ties } = view;
  if (post.sender === owner) return "is its own";
  if (reason === "mention") return post.mentions.includes(owner) ? undefined : "does not mention it";
  if (!durable.includes(channel)) return "is of a live channel";
  return ties.at(channel, seq).kind === "out" ? "is outside its membership" : undefined;
}

/** The same message may be handed out again; another one for the same post may not be there. */
function repeatsOf({ facts }: View): string[] {
  const stored = new Map<number, Copy>();
  for (const fact of facts) {
    if (fact.kind === "receipt" && fact.item.kind === "copy") stored.set(fact.item.at, fact.item);
  }
  const last = new Map<string, number>();
  return [...stored.values()]
    .sort((a, b) => a.at - b.at)
    .flatMap(({ seq, channel, generation }) => {
      const line = `${channel} ${generation}`;
      const before = last.get(line) ?? 0;
      last.set(line, Math.max(before, seq));
      if (before < seq) return [];
      return [`the copy of ${seq} in ${channel} stands behind that of ${before}, generation ${generation}`];
    });
}
