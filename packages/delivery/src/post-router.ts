import type { Session } from "@cotal/session";
import type { OwnerId } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import type { Arrival } from "./chat-reader.ts";
import { type Authority, authorise } from "./core/authorise.ts";
import { copiesOf, type Outgoing } from "./core/copy.ts";
import { type Post, type VerifiedPost, verifyPost } from "./core/post.ts";
import { type Due, type RouteView, route } from "./core/route.ts";
import type { GapWriter } from "./gap-writer.ts";
import type { Knowledge } from "./knowledge.ts";
import type { LocalMembers } from "./local-members.ts";
import { maxBytesOf } from "./max-bytes.ts";
import type { Parking } from "./parking.ts";
import type { ShardPlace } from "./shard-place.ts";
import { countDrop, type ShardStats } from "./shard-stats.ts";

export interface RouterDeps {
  readonly session: Session;
  readonly place: ShardPlace;
  readonly knowledge: Knowledge;
  readonly members: LocalMembers;
  readonly parking: Parking;
  readonly gapFor: GapWriter;
  readonly stats: ShardStats;
  readonly maxAgeMs: number;
}

/** What an arrival of CHAT leads to in this shard. */
export class PostRouter {
  readonly #deps: RouterDeps;
  readonly #view: RouteView;

  constructor(deps: RouterDeps) {
    const { knowledge, members } = deps;
    this.#deps = deps;
    this.#view = {
      isDurable: (channel) => knowledge.isDurable(channel),
      membersOf: members.ofChannel,
      resolve: (name) => knowledge.resolve(name),
      isLocal: members.isLocal,
    };
  }

  /** In the order of the owners' ids; of a post that is served in part already, for those behind `after`. */
  outgoing(arrival: Arrival, after: OwnerId | undefined): Outgoing[] | Promise<Outgoing[]> {
    switch (arrival.kind) {
      case "post":
        return this.#outgoingOf(arrival, after);
      case "hole":
        return this.hole(arrival);
      case "rejected":
        countDrop(this.#deps.stats, arrival.reason);
        return [];
    }
  }

  /** Tells everybody who may have been due something that is gone. */
  hole(range: SeqRange): Outgoing[] {
    const { knowledge, members, parking, gapFor, stats } = this.#deps;
    const owners = new Set<OwnerId>();
    for (const owner of knowledge.peers()) if (members.isLocal(owner)) owners.add(owner);
    for (const { owner } of members.all()) owners.add(owner);
    if (range.toSeq < range.fromSeq) return [];
    const gap = missing(range);
    return [...owners].sort().flatMap((owner) => {
      const isKnown = knowledge.rights(owner).kind === "known" && !parking.of(owner);
      stats.gaps++;
      // What it may read is not known yet, so neither is where it can be told.
      if (!isKnown) return parking.owe(owner, [gap]);
      return gapFor(owner, gap) ?? [];
    });
  }

  /** For whom a post is; nobody when it is not valid. */
  duesOf(post: Post, verify: () => VerifiedPost = () => this.#verify(post)): readonly Due[] {
    const { members, stats } = this.#deps;
    // Who is mentioned nowhere and has no members here is passed over unread.
    if (!post.mentions && members.ofChannel(post.channel).length === 0) return [];
    const plain = post.mentions ? [] : route({ ...post, mentions: [] }, this.#view);
    if (!post.mentions && plain.length === 0) return plain;
    const verified = verify();
    if (verified.kind === "valid") {
      return post.mentions ? route({ ...post, mentions: verified.mentions }, this.#view) : plain;
    }
    countDrop(stats, verified.reason);
    return [];
  }

  judge(due: Due, { seq, channel }: Post): Authority {
    const { knowledge } = this.#deps;
    const acl = knowledge.rights(due.owner);
    return authorise(due, { seq, channel }, { acl, membership: knowledge.index.get(due.owner, channel) });
  }

  #verify(post: Post): VerifiedPost {
    return verifyPost(post, { maxBytes: maxBytesOf(this.#deps.session) });
  }

  #outgoingOf({ post, verify }: PostArrival, after = ""): Outgoing[] | Promise<Outgoing[]> {
    const { place, parking, maxAgeMs } = this.#deps;
    const dues = this.duesOf(post, verify).filter(({ owner }) => owner > after);
    if (dues.length === 0) return [];
    const copy = copiesOf(post, { ingest: place, maxAgeMs });
    const judged = dues.map((due) => (parking.of(due.owner) ? later : this.judge(due, post)));
    const doubtful = dues.filter((_, at) => isDoubtful(judged[at]));
    const finish = (): Outgoing[] =>
      dues.flatMap((due, at) => {
        const first = judged[at] ?? later;
        return this.#carryOut(due, post, {
          copy,
          authority: isDoubtful(first) ? this.judge(due, post) : first,
        });
      });
    return doubtful.length === 0 ? finish() : this.#confirm(doubtful).then(finish);
  }

  /** A no that rests on the rights is believed only from the leader of the registry. */
  async #confirm(doubtful: readonly Due[]): Promise<void> {
    const { knowledge, session } = this.#deps;
    const owners = [...new Set(doubtful.map(({ owner }) => owner))];
    await Promise.all(owners.map((owner) => knowledge.confirm(session, owner)));
  }

  #carryOut(
    { owner, reason, generation }: Due,
    { seq }: Post,
    { copy, authority }: { readonly copy: (due: Due) => Outgoing; readonly authority: Authority },
  ): Outgoing[] {
    const { parking, stats } = this.#deps;
    switch (authority.kind) {
      case "deliver":
        return [copy({ owner, reason, generation })];
      case "drop":
        countDrop(stats, authority.reason);
        return [];
      case "defer":
        stats.deferrals++;
        return [parking.park(owner, { seq, reason, generation }) ?? []].flat();
    }
  }
}

export interface SeqRange {
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** What nobody can tell any more for whom it was. */
export function missing({ fromSeq, toSeq }: SeqRange): GapMarker {
  return { channel: "*", fromSeq, toSeq, count: toSeq - fromSeq + 1, reason: "retention" };
}

type PostArrival = Extract<Arrival, { kind: "post" }>;

const later: Authority = { kind: "defer" };

/** Parked owners are not asked about again: what follows waits for what is parked. */
function isDoubtful(authority: Authority | undefined): boolean {
  if (authority === undefined || authority === later) return false;
  return authority.kind === "defer" || (authority.kind === "drop" && authority.reason === "not-allowed");
}
