import { setTimeout as pause } from "node:timers/promises";
import { type ArmedFault, eventually } from "@cotal/harness";
import { brokerError } from "@cotal/session";
import { asChannel } from "@cotal/subjects";
import type { Fact, History, PostFact } from "./facts.ts";
import type { Leader, LeaderUse, Orders, StartLeader, TrapOrder } from "./leader.ts";
import { Lives, type Unmarked } from "./lives.ts";
import type { Member } from "./member.ts";
import { shardNumbers, type World } from "./world.ts";

/** What became of an order. */
export type Outcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "refused"; readonly code: string }
  /** It may have been carried out, or still be. */
  | { readonly kind: "unanswered" };

export interface Cast extends LeaderUse {
  readonly channels: readonly string[];
  readonly rights: readonly (readonly string[])[];
  readonly lead: StartLeader;
}

interface Trap extends TrapOrder {
  readonly leader: Leader;
  readonly fault: ArmedFault;
  sprung: boolean;
}

/** Without an answer for so long an order is stuck, which none may be. */
export const patienceMs = 60_000;

/** What an order is answered with by somebody who cannot know any more what becomes of it. */
const doubts: ReadonlySet<string> = new Set([
  "no-leader",
  "fenced",
  "connection-lost",
  "outcome-unknown",
  "unavailable",
  "unreachable",
  "no-responders",
]);

/** A history while it is played: who leads, and what was seen. */
export class Stage {
  readonly world: World;
  readonly cast: Cast;
  readonly retired = new Set<Member>();
  readonly #lives: Lives;
  #isSaved = false;
  readonly #leaders: Leader[] = [];
  readonly #wrong: string[] = [];
  #leader: Leader | undefined;
  #trap: Trap | undefined;

  constructor(world: World, cast: Cast, frontier: number) {
    this.world = world;
    this.cast = cast;
    this.#lives = new Lives(frontier);
  }

  get histories(): readonly Omit<History, "durable">[] {
    return this.#lives.histories;
  }

  /** The last post before the first that counts. */
  get begin(): number {
    return this.#lives.begin;
  }

  /** The last post. */
  get frontier(): number {
    return this.#lives.frontier;
  }

  /** Besides what the facts say. */
  get wrong(): readonly string[] {
    return this.#wrong;
  }

  member(number: number): Member | undefined {
    const member = this.cast.members[number];
    return member && !this.retired.has(member) ? member : undefined;
  }

  note(fact: Unmarked<Fact>): void {
    this.#lives.note(fact);
  }

  posted(post: PostFact): void {
    this.#lives.posted(post);
  }

  /** Posts may go before they are handed out. */
  expectLosses(): void {
    this.#lives.expectLosses();
  }

  /** There is a copy of CHAT that can be put in its place. */
  get isSaved(): boolean {
    return this.#isSaved;
  }

  /** The broker is killed, and comes back; whoever leads stays. */
  async breakDown(chat: "keep" | "save" | "restore"): Promise<void> {
    await this.world.breakDown(chat);
    this.#leader?.redial();
    if (chat === "save") this.#isSaved = true;
    if (chat === "restore") this.#lives.beginAnew(await this.world.chatLast(), this.cast);
  }

  complain(what: string): void {
    this.#wrong.push(what);
  }

  /** Who leads now; where that one has stopped, its successor. */
  async leader(): Promise<Leader> {
    if (this.#trap?.sprung) return await this.replace(this.#trap.wakes ? "wakes" : "killed");
    const [complaint] = this.#leader?.complaints ?? [];
    if (complaint !== undefined) throw new Error(complaint);
    return this.#leader ?? (await this.lead());
  }

  /** Another begins to lead, whoever leads already; it may be stopped on its way. */
  async lead(order?: TrapOrder): Promise<Leader> {
    this.#leader?.excuse();
    const leader = await this.cast.lead(this.world, this.cast);
    this.#leaders.push(leader);
    this.#leader = leader;
    if (order) this.arm(order);
    leader.begin();
    return leader;
  }

  /** From now on the leader stops where it passes this place. There is one such place at a time. */
  arm(order: TrapOrder): void {
    this.#trap?.fault.release();
    const leader = this.#leader;
    if (!leader) return;
    const fault = leader.arm(order);
    const trap: Trap = { ...order, leader, fault, sprung: false };
    void fault.reached.then(() => {
      trap.sprung = true;
    });
    this.#trap = trap;
  }

  /** The leader goes and another comes. One that wakes goes on where it stands when the other is ready. */
  async replace(before: "wakes" | "killed" | "silenced"): Promise<Leader> {
    const trap = this.#trap;
    this.#trap = undefined;
    if (before === "killed") await this.#leader?.kill();
    if (before === "silenced") await this.#leader?.silence();
    if (before !== "wakes") trap?.fault.release();
    const next = await this.lead();
    await Promise.all(shardNumbers.map((shard) => next.shard(shard)));
    trap?.fault.release();
    return next;
  }

  /** Gives an order to the leader of this shard. */
  async ask<T>(shard: number, order: (shard: Orders) => Promise<T>): Promise<Outcome<T>> {
    const leader = await this.leader();
    const trap = leader.isAlone && this.#trap?.leader === leader ? this.#trap : undefined;
    const over = new AbortController();
    const answer = leader
      .shard(shard)
      .then(order)
      .then((value): Outcome<T> => ({ kind: "answered", value }), outcomeOf<T>);
    const stopped = trap?.fault.reached.then((): Outcome<T> => ({ kind: "unanswered" }));
    // When the order is over, so is the wait.
    const late = pause(patienceMs, "late" as const, { signal: over.signal }).catch(() => "late" as const);
    const first = await Promise.race([answer, late, ...(stopped ? [stopped] : [])]);
    over.abort();
    if (first === "late") throw new Error(`no answer of shard ${shard} in ${patienceMs} ms`);
    return first;
  }

  /** Waits until everything posted so far is served. */
  async rest(): Promise<void> {
    await eventually(
      async () => {
        const leader = await this.leader();
        const positions = await Promise.all(shardNumbers.map((shard) => leader.position(shard)));
        return positions.every((position) => position >= this.frontier);
      },
      { timeoutMs: patienceMs, what: `the service of post ${this.frontier}` },
    );
    // What is served is stored when something that waits its turn behind it is done.
    const nothing = { channel: asChannel("none"), generation: 0 };
    for (const number of shardNumbers) {
      const owner = this.cast.members.find((member) => member.shard === number);
      if (owner) await this.ask(number, (shard) => shard.leave(owner.minted.id, nothing));
    }
  }

  /** Nothing stops the leader any more, and whoever was stopped is replaced. */
  async calm(): Promise<void> {
    await this.leader();
    this.#trap?.fault.release();
    this.#trap = undefined;
  }

  async end(): Promise<void> {
    this.#trap?.fault.release();
    await Promise.all(this.#leaders.map((leader) => leader.stop()));
    for (const leader of this.#leaders) this.#wrong.push(...leader.complaints);
  }
}

function outcomeOf<T>(failure: unknown): Outcome<T> {
  const { code } = brokerError(failure);
  return doubts.has(code) ? { kind: "unanswered" } : { kind: "refused", code };
}
