import type { Session } from "@cotal/session";
import { type OwnerId, parseSubject } from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import type { Outgoing } from "./core/copy.ts";
import {
  applyQuota,
  type Piece,
  type Quota,
  type QuotaDecision,
  type StoredPiece,
  type Tally,
} from "./core/quota.ts";
import { reliefLevel } from "./core/relief.ts";
import { outgoingPiece, storedPiece } from "./pieces.ts";
import { shardFault } from "./shard-fault.ts";
import type { ShardStats } from "./shard-stats.ts";
import type { ShardStream } from "./shard-stream.ts";

export interface BacklogDeps {
  readonly session: Session;
  readonly stream: ShardStream;
  readonly stats: ShardStats;
  readonly quota: Quota;
  /** Stores what the owner is to be told, without moving the position. */
  readonly owe: (owner: OwnerId, gaps: readonly GapMarker[]) => Promise<void>;
}

/** What is known of one owner's backlog; acks are not seen, so it may say too much. */
interface Estimate {
  copies: number;
  bytes: number;
}

/**
 * What waits for each owner, and that it stays within bounds. What has to go is always the oldest.
 *
 * I7: the marker that tells of a loss is stored before anything is removed.
 */
export class Backlogs {
  readonly #deps: BacklogDeps;
  readonly #owners = new Map<OwnerId, Estimate>();
  /** What one owner may have while the shard is nearly full. */
  #relief = Number.POSITIVE_INFINITY;
  #bytes = 0;
  #maxBytes = Number.POSITIVE_INFINITY;

  constructor(deps: BacklogDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const { stream } = this.#deps;
    await this.#measure();
    const { bytes, messages } = await stream.size();
    const each = messages === 0 ? 0 : bytes / messages;
    for (const [owner, channels] of await stream.counts()) {
      let copies = 0;
      for (const count of channels.values()) copies += count;
      this.#owners.set(owner, { copies, bytes: copies * each });
    }
  }

  forget(owner: OwnerId): void {
    this.#owners.delete(owner);
  }

  /** Of what is to be written, what may be. */
  async makeRoom(outgoing: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    const sums = new Map<OwnerId, Estimate>();
    let bytes = 0;
    for (const one of outgoing) {
      if (one.replaces) continue;
      const sum = sums.get(one.owner) ?? { copies: 0, bytes: 0 };
      sum.copies += 1;
      sum.bytes += one.bytes;
      bytes += one.bytes;
      sums.set(one.owner, sum);
    }
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes * measureAt) await this.#measure(bytes);
    let kept = outgoing;
    for (const [owner, sum] of sums) {
      if (this.#isOver(this.#estimate(owner), sum)) kept = await this.#cut(owner, kept);
    }
    return kept;
  }

  noteWritten(outgoing: readonly Outgoing[]): void {
    for (const one of outgoing) {
      if (one.replaces) continue;
      const estimate = this.#estimate(one.owner);
      estimate.copies += 1;
      estimate.bytes += one.bytes;
    }
  }

  /** Removes what is older than may be, of the owners with the oldest copies. */
  async age(now: number): Promise<void> {
    const { stream, quota } = this.#deps;
    for (let turn = 0; turn < agedAtOnce; turn++) {
      const oldest = await stream.copyFrom(1, "*");
      const piece = oldest && storedPiece(oldest);
      if (!oldest || !piece || now - oldest.storedAt <= quota.ageMs) return;
      const owner = ownerOf(oldest.subject);
      if (owner === undefined) return;
      await this.#cut(owner, [], oldest.storedAt);
    }
  }

  /** Looks how much the stream holds, and cuts the largest backlogs when that is too much. */
  async relieve(): Promise<void> {
    await this.#measure();
    if (this.#relief === Number.POSITIVE_INFINITY) return;
    const large = [...this.#owners].filter(([, { bytes }]) => bytes > this.#relief);
    for (const [owner] of large) await this.#cut(owner, []);
  }

  /** How long the first copy has waited, for those for whom the most wait. */
  async oldest(now: number): Promise<ShardStats["oldestUnacked"]> {
    const largest = [...this.#owners].filter(([, { copies }]) => copies > 0).sort(byCopies);
    const ages: { readonly owner: string; readonly ageMs: number }[] = [];
    for (const [owner] of largest.slice(0, lookedAt)) {
      const first = await this.#deps.stream.copyFrom(1, owner);
      if (first) ages.push({ owner, ageMs: Math.max(0, now - first.storedAt) });
    }
    return ages.sort((a, b) => b.ageMs - a.ageMs).slice(0, shown);
  }

  #estimate(owner: OwnerId): Estimate {
    const known = this.#owners.get(owner);
    if (known) return known;
    const estimate = { copies: 0, bytes: 0 };
    this.#owners.set(owner, estimate);
    return estimate;
  }

  #isOver(stored: Estimate, incoming: Estimate): boolean {
    const { copies, bytes } = this.#bounds();
    return stored.copies + incoming.copies > copies || stored.bytes + incoming.bytes > bytes;
  }

  #bounds(): Quota {
    const { quota } = this.#deps;
    return { ...quota, bytes: Math.min(quota.bytes, this.#relief) };
  }

  async #measure(incoming = 0): Promise<void> {
    const { bytes, maxBytes } = await this.#deps.stream.size();
    this.#bytes = bytes + incoming;
    this.#maxBytes = maxBytes;
    const backlogs = [...this.#owners.values()].map((estimate) => estimate.bytes);
    this.#relief = reliefLevel({ bytes: this.#bytes, maxBytes, backlogs }) ?? Number.POSITIVE_INFINITY;
  }

  /** Of all that is to be written, what is left when this owner is within its bounds. */
  async #cut(owner: OwnerId, outgoing: readonly Outgoing[], oldestAt?: number): Promise<readonly Outgoing[]> {
    const { stream, session, stats, owe } = this.#deps;
    const estimate = await this.#refresh(owner);
    const own = outgoing.filter((one) => one.owner === owner && !one.replaces);
    const incoming = own.flatMap((one) => outgoingPiece(one) ?? []);
    const decision = await this.#decide(owner, { stored: { ...estimate, oldestAt }, incoming });
    if (decision.kind !== "cut") return outgoing;
    const { gaps, purgeUpTo, skip } = decision;
    await owe(owner, gaps);
    stats.gaps += gaps.length;
    await session.faults.reach(shardFault.betweenMarkerAndPurge);
    if (purgeUpTo > 0) await stream.purgeCopies(owner, { upTo: purgeUpTo });
    await this.#refresh(owner);
    const skipped = new Set(own.slice(0, skip));
    return outgoing.filter((one) => !skipped.has(one));
  }

  /** Acks are not seen as they come; what is stored is. */
  async #refresh(owner: OwnerId): Promise<Estimate> {
    const estimate = this.#estimate(owner);
    let stored = 0;
    for (const count of (await this.#deps.stream.countsOf(owner)).values()) stored += count;
    estimate.bytes = estimate.copies === 0 ? 0 : estimate.bytes * (stored / estimate.copies);
    estimate.copies = stored;
    return estimate;
  }

  async #decide(
    owner: OwnerId,
    { stored, incoming }: { readonly stored: Tally; readonly incoming: readonly Piece[] },
  ): Promise<QuotaDecision> {
    const { stream, session } = this.#deps;
    const pieces: StoredPiece[] = [];
    const now = session.brokerClock.now();
    for (let from = 1; ; ) {
      const oldest = { pieces, complete: from === 0 };
      const decision = applyQuota({ quota: this.#bounds(), now, stored, oldest, incoming });
      if (decision.kind !== "read-more") return decision;
      for (let read = 0; read < readAtOnce && from > 0; read++) {
        const message = await stream.copyFrom(from, owner);
        from = message ? message.seq + 1 : 0;
        const piece = message && storedPiece(message);
        if (piece) pieces.push(piece);
      }
    }
  }
}

type Row = readonly [owner: OwnerId, estimate: Estimate];

function byCopies([, a]: Row, [, b]: Row): number {
  return b.copies - a.copies;
}

const lookedAt = 30;
const shown = 10;
const readAtOnce = 16;
const agedAtOnce = 100;
/** Above this part of what the stream takes it is looked what it really holds. */
const measureAt = 0.75;

function ownerOf(subject: string): OwnerId | undefined {
  const parsed = parseSubject(subject);
  return parsed?.kind === "dlv" ? parsed.owner : undefined;
}
