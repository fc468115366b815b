import type { Session } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Backlogs } from "./backlogs.ts";
import { batchLimits } from "./core/batch-plan.ts";
import type { Position } from "./core/checkpoint.ts";
import type { Outgoing } from "./core/copy.ts";
import type { DirectAges } from "./direct-ages.ts";
import type { FencedWriter } from "./fenced-writer.ts";
import { shardFault } from "./shard-fault.ts";
import type { ShardStats } from "./shard-stats.ts";

export interface CommitDeps {
  readonly session: Session;
  readonly writer: FencedWriter;
  readonly stats: ShardStats;
  readonly epoch: number;
  /** Of CHAT. */
  readonly chatCreated: string;
  readonly position: Position;
  /** When the post of the position was stored. */
  readonly lastStoredAt: number;
  readonly directAges: Pick<DirectAges, "marks">;
}

/** Stores copies and progress together, within the bounds of their owners. One commit at a time. */
export class Commits {
  readonly #deps: CommitDeps;
  #position: Position;
  #chatCreated: string;
  /** When the posts were stored that a checkpoint may name next. */
  readonly #storedAt = new Map<number, number>();

  constructor(deps: CommitDeps) {
    this.#deps = deps;
    this.#position = deps.position;
    this.#chatCreated = deps.chatCreated;
    this.#storedAt.set(deps.position.chatSeq, deps.lastStoredAt);
  }

  /** What is stored. */
  get position(): Position {
    return this.#position;
  }

  /** From here on another CHAT is served; it takes effect with the next commit. */
  beginAnew({
    chatCreated,
    position,
    lastStoredAt,
  }: Pick<CommitDeps, "chatCreated" | "position" | "lastStoredAt">): void {
    this.#chatCreated = chatCreated;
    this.#position = position;
    this.#storedAt.clear();
    this.#storedAt.set(position.chatSeq, lastStoredAt);
  }

  /** A checkpoint may name this post. */
  note(seq: number, storedAt: number): void {
    this.#storedAt.set(seq, storedAt);
  }

  /** I4: the position holds with the copies below it, or not at all. */
  async commit(backlogs: Backlogs, outgoing: readonly Outgoing[], position: Position): Promise<void> {
    const kept = outgoing.length === 0 ? outgoing : await backlogs.makeRoom(outgoing);
    await this.write(kept, position);
    backlogs.noteWritten(kept);
  }

  /** As `commit`, without a look at bounds. */
  async write(outgoing: readonly Outgoing[], position: Position = this.#position): Promise<void> {
    const { session, stats } = this.#deps;
    const { faults, clock } = session;
    for (const chunk of chunksOf(latest(outgoing))) {
      await faults.reach(shardFault.beforeCommit);
      const began = clock.uptime();
      await this.#send(chunk, position);
      stats.commitMs.last = clock.uptime() - began;
      stats.commitMs.sum += stats.commitMs.last;
      stats.batches++;
      stats.copies += chunk.length;
      await faults.reach(shardFault.afterCommit);
      if (position.after) await faults.reach(shardFault.betweenChained);
    }
    this.#advance(position);
  }

  async #send(chunk: readonly Outgoing[], position: Position): Promise<void> {
    const { writer, stats, epoch, directAges } = this.#deps;
    const lastStoredAt = this.#storedAt.get(position.chatSeq) ?? 0;
    const messages = chunk.map(({ message }) => message);
    try {
      await writer.commit(messages, {
        v: 1,
        ...position,
        chatCreated: this.#chatCreated,
        lastStoredAt,
        epoch,
        directMarks: directAges.marks,
      });
    } catch (error) {
      if (error instanceof CotalError && error.code === "fenced") stats.fenceRejections++;
      throw error;
    }
  }

  #advance(position: Position): void {
    this.#position = position;
    for (const seq of this.#storedAt.keys()) {
      if (seq >= position.chatSeq) break;
      this.#storedAt.delete(seq);
    }
  }
}

/** Of what replaces each other the last. The broker takes no batch that replaces the same twice. */
function latest(outgoing: readonly Outgoing[]): readonly Outgoing[] {
  const last = new Map<string, Outgoing>();
  for (const one of outgoing) if (one.replaces) last.set(one.message.subject, one);
  return last.size === 0
    ? outgoing
    : outgoing.filter((one) => !one.replaces || last.get(one.message.subject) === one);
}

/** At least one: a checkpoint is written also by itself. */
function chunksOf(outgoing: readonly Outgoing[]): readonly (readonly Outgoing[])[] {
  const chunks: Outgoing[][] = [];
  let chunk: Outgoing[] = [];
  let bytes = 0;
  for (const one of outgoing) {
    const isFull = chunk.length >= batchLimits.messages || bytes + one.bytes > batchLimits.bytes;
    if (isFull && chunk.length > 0) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(one);
    bytes += one.bytes;
  }
  return [...chunks, chunk];
}
