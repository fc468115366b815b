import type { MemberRecord, Rights } from "@cotal/registries";
import { createKeyedTurns, createScope, errorFields, type KeyedTurns, onAbort, sleep } from "@cotal/session";
import type { OwnerId } from "@cotal/subjects";
import { attach } from "./attachments.ts";
import type { ChatReader, Feed } from "./chat-reader.ts";
import type { Commits } from "./commits.ts";
import { type Batch, type BatchLimits, type BatchPlan, createBatchPlan } from "./core/batch-plan.ts";
import { createLetters } from "./dead-orders.ts";
import type { Change } from "./knowledge.ts";
import { join, leave, requireActive } from "./member-orders.ts";
import { createOrderQueue, type OrderQueue } from "./order-queue.ts";
import { narrow, retire, settle } from "./rights-orders.ts";
import type {
  AttachAnswer,
  AttachOrder,
  Backlog,
  JoinAnswer,
  JoinOrder,
  LeaveOrder,
  Letters,
  SettledAnswer,
  Shard,
} from "./shard.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { createUpkeep, type Upkeep } from "./upkeep.ts";

export interface ActorDeps {
  readonly core: ShardCore;
  readonly commits: Commits;
  readonly reader: ChatReader;
  readonly batch: BatchLimits;
  /** Of the leadership. */
  readonly signal: AbortSignal;
  /** What has changed since the shard was loaded. */
  readonly changes: readonly Change[];
}

/** The position is written at the latest after so many posts and so long. */
const checkpointPosts = 1_000;
const checkpointMs = 1_000;

/**
 * Does everything for the owners of a shard, one thing after the other, while its leadership lasts. While a batch
 * is on its way the next one is gathered; an order waits until all that was routed is stored.
 *
 * I1: what the position has passed is not routed again, and a checkpoint is followed by one commit only, so there
 * is one copy for an owner, generation and post. I2: every commit is fenced. I3: rights and memberships change in
 * a turn, with nothing on its way. I4: a position is stored with what stands below it. I5: what is not known
 * is parked in the same commit. I6: an owner that cannot be served is parked, or served in bounded turns.
 * I7: a loss is announced before it is made. I8: what is at or below the position is not added again.
 */
export class ShardActor implements Shard {
  readonly shard: number;
  readonly letters: Letters;
  readonly #core: ShardCore;
  readonly #commits: Commits;
  readonly #reader: ChatReader;
  readonly #signal: AbortSignal;
  readonly #changes: readonly Change[];
  readonly #plan: BatchPlan;
  /** Nothing in it waits for a turn, because a turn may wait for it. */
  readonly #attaching: KeyedTurns = createKeyedTurns();
  /** Full batches that wait for their turn. */
  #ready: Batch[] = [];
  #flight: Promise<void> | undefined;
  readonly #orders: OrderQueue = createOrderQueue(() => this.#wake());
  readonly #upkeep: Upkeep;
  #isCheckpointDue = false;
  #failure: { readonly error: unknown } | undefined;
  #isAwake = false;
  #wakeUp: () => void = () => undefined;

  constructor({ core, commits, reader, batch, signal, changes }: ActorDeps) {
    this.shard = core.place.shard;
    this.#core = core;
    this.#commits = commits;
    this.#reader = reader;
    this.#signal = signal;
    this.#changes = changes;
    this.#plan = createBatchPlan(commits.position, batch);
    this.letters = createLetters(core, this.#orders);
    this.#upkeep = createUpkeep(core, {
      orders: this.#orders,
      retire: (turn, owner) => this.#retire(turn, owner),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Works until the leadership ends or something fails, and rejects with the reason. */
  async run(): Promise<never> {
    const { session, knowledge, parking } = this.#core;
    const feed = this.#reader.open(this.#commits.position.chatSeq, () => this.#wake());
    const scope = createScope({ clock: session.clock, onFault: (_, error) => this.#warn("look", error) });
    const stopListening = knowledge.on(this.#upkeep.note);
    for (const change of this.#changes) this.#upkeep.note(change);
    const forget = onAbort(this.#signal, () => this.#wake());
    this.#upkeep.keepTime(scope);
    scope.every(checkpointMs, "checkpoint", async () => {
      this.#isCheckpointDue = true;
      this.#wake();
    });
    for (const owner of parking.owners()) this.#upkeep.reconsider(owner);
    try {
      return await this.#loop(feed);
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      feed.close();
      stopListening();
      forget();
      await scope.dispose();
      await this.#flight;
      this.#orders.end(this.#signal.aborted ? this.#signal.reason : this.#failure?.error);
    }
  }

  async join(owner: OwnerId, order: JoinOrder): Promise<JoinAnswer> {
    for (;;) {
      const answer = await this.#orders.add((turn) => join(this.#core, turn, { owner, ...order }));
      if (answer !== "later") return answer;
      await sleep(this.#core.session.clock, againMs, this.#signal);
    }
  }

  leave(owner: OwnerId, order: LeaveOrder): Promise<void> {
    return this.#orders.add((turn) => leave(this.#core, turn, { owner, ...order }));
  }

  memberships(owner: OwnerId): readonly MemberRecord[] {
    return [...this.#core.knowledge.index.ofOwner(owner)].filter(({ state }) => state !== "left");
  }

  /** It touches nothing that the turns are about, so many that come at once do not hold up what is posted. */
  async attach(owner: OwnerId, order: AttachOrder): Promise<AttachAnswer> {
    const { session, place, parking } = this.#core;
    requireActive(this.#core, owner);
    // What there is to tell stands behind the copies before they are read.
    if (parking.gapsOf(owner).length > 0) await this.#upkeep.tellGaps(owner);
    return await this.#attaching(owner, async () => {
      requireActive(this.#core, owner);
      return await attach(session, place, { owner, ...order });
    });
  }

  async pending(owner: OwnerId): Promise<Backlog> {
    const { stream, parking } = this.#core;
    let pending = 0;
    for (const count of (await stream.countsOf(owner)).values()) pending += count;
    const { pointers, from } = parking.of(owner) ?? { pointers: [] };
    const later = from === undefined ? 0 : Math.max(0, this.#plan.position.chatSeq - from + 1);
    return { pending, parked: pointers.length + later };
  }

  narrow(owner: OwnerId, rights: Rights): Promise<SettledAnswer> {
    return this.#orders.add((turn) =>
      this.#upkeep.settled(owner, narrow(this.#core, turn, { owner, rights })),
    );
  }

  settle(owner: OwnerId): Promise<SettledAnswer> {
    return this.#orders.add((turn) => this.#upkeep.settled(owner, settle(this.#core, turn, owner)));
  }

  retire(owner: OwnerId): Promise<SettledAnswer> {
    return this.#orders.add((turn) => this.#retire(turn, owner));
  }

  #retire(turn: Turn, owner: OwnerId): Promise<SettledAnswer> {
    return this.#attaching(owner, () => this.#upkeep.settled(owner, retire(this.#core, turn, owner)));
  }

  async #loop(feed: Feed): Promise<never> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#failure) throw this.#failure.error;
      const hasTurned = await this.#takeTurn();
      const hasRouted = await this.#route(feed);
      this.#launch();
      if (!hasTurned && !hasRouted) await this.#rest();
    }
  }

  /** Takes what is there, as long as there are not too many batches already. */
  async #route(feed: Feed): Promise<boolean> {
    const { router, stats } = this.#core;
    let hasRouted = false;
    for (let taken = 0; taken < routedAtOnce && this.#ready.length < 2; taken++) {
      const arrival = feed.take();
      if (!arrival) break;
      hasRouted = true;
      const seq = arrival.kind === "hole" ? arrival.toSeq : arrival.seq;
      const { after } = this.#plan.position;
      const routed = router.outgoing(arrival, after?.seq === seq ? after.owner : undefined);
      const outgoing = routed instanceof Promise ? await routed : routed;
      if (arrival.kind !== "hole") {
        this.#commits.note(seq, arrival.kind === "post" ? arrival.post.storedAt : arrival.storedAt);
      }
      this.#ready.push(...this.#plan.add(seq, outgoing));
      stats.position = seq;
      stats.chatLast = Math.max(stats.chatLast, seq);
    }
    return hasRouted;
  }

  /** The next batch, if it is to leave now: one that holds something at once, the position alone when it is due. */
  #nextBatch(): Batch | undefined {
    const full = this.#ready.shift();
    if (full) return full;
    const ahead = this.#plan.position.chatSeq - this.#commits.position.chatSeq;
    const isDue = this.#plan.size > 0 || ahead >= checkpointPosts || this.#isCheckpointDue;
    this.#isCheckpointDue &&= ahead > 0 && !isDue;
    return isDue ? this.#plan.flush() : undefined;
  }

  #launch(): void {
    if (this.#flight) return;
    const batch = this.#nextBatch();
    if (!batch) return;
    this.#flight = this.#commit(batch)
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#flight = undefined;
        this.#wake();
      });
  }

  async #commit({ outgoing, position }: Pick<Batch, "outgoing" | "position">): Promise<void> {
    await this.#commits.commit(this.#core.backlogs, outgoing, position);
  }

  /** Does one order, after all that was routed before is stored. */
  async #takeTurn(): Promise<boolean> {
    const order = this.#orders.next();
    if (!order) return false;
    try {
      await this.#drain();
    } catch (error) {
      order.giveUp(error);
      throw error;
    }
    await order.work({
      position: this.#plan.position.chatSeq,
      commit: async (outgoing = []) => {
        this.#plan.flush();
        try {
          await this.#commit({ outgoing, position: this.#plan.position });
        } catch (error) {
          this.#fail(error);
          throw error;
        }
      },
      reconsider: this.#upkeep.reconsider,
    });
    return true;
  }

  async #drain(): Promise<void> {
    for (;;) {
      await this.#flight;
      if (this.#failure) throw this.#failure.error;
      if (this.#ready.length === 0 && this.#plan.size === 0) return;
      this.#launch();
    }
  }

  #fail(error: unknown): void {
    if (!this.#failure && !this.#signal.aborted) this.#warn("ended", error);
    this.#failure ??= { error };
    this.#wake();
  }

  #warn(what: "ended" | "look", error: unknown): void {
    const { log } = this.#core.session;
    log({ level: "warn", event: `delivery.${what}`, fields: { shard: this.shard, ...errorFields(error) } });
  }

  #wake(): void {
    this.#isAwake = true;
    this.#wakeUp();
  }

  async #rest(): Promise<void> {
    if (!this.#isAwake) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
      });
    }
    this.#isAwake = false;
  }
}

const routedAtOnce = 256;
/** Who joins again where it has just left waits until all is stored that it was due. */
const againMs = 5;
