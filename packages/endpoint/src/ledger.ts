import type { Disposition } from "@cotal/session";
import { dedupeId } from "@cotal/wire";
import type { Arrival } from "./arrival.ts";
import { createLiveBudget, type LiveBudget, type LiveLimits } from "./live-budget.ts";
import { createRecent, type Recent } from "./recent.ts";
import { dispositionOf, type Settlement } from "./settlement.ts";

export interface LedgerOptions extends LiveLimits {
  /** How many messages are remembered that nobody waits for any more. */
  readonly maxSeen: number;
  /** How long a message that the receiver left unsettled stays with it before it is handed over again. */
  readonly ackWaitMs: number;
}

/** What a queue brought. It is answered once, unless it is dropped. */
export interface Copy {
  readonly arrival: Arrival;
  answer(disposition: Disposition): void;
}

/** A message in the hands of the receiver. */
export interface Surfaced {
  readonly key: string;
  /** Another one each time that a message is handed over. */
  readonly turn: number;
  readonly arrival: Arrival;
  /** It was handed over before, here or elsewhere. */
  readonly redelivered: boolean;
}

type Place =
  | { readonly kind: "queued" }
  | { readonly kind: "in-hands" }
  | { readonly kind: "left"; readonly at: number };

/** A message that somebody waits for. */
interface Item {
  readonly key: string;
  copies: readonly Copy[];
  arrival: Arrival;
  place: Place;
  /** Of the last time that it was handed over; 0 before. */
  turn: number;
  redelivered: boolean;
  /** It takes room of the live budget. */
  live: boolean;
}

/** A message that nobody waits for: it was left, it was given back, or it is done. */
type Past =
  | { readonly kind: "left"; readonly at: number; readonly turn: number }
  | { readonly kind: "returned"; readonly failures: number }
  | { readonly kind: "done"; readonly disposition: Disposition };

/**
 * Knows where each message is: in the queue, in the receiver's hands, left by it, or past. Time is told
 * to it, and it waits for nothing.
 *
 * 1. A message, by its sender and id, is in one place. Its copies wait at it and share what becomes of it.
 * 2. Only what was handled is acked, only what was rejected is terminated.
 * 3. What could not be handled counts as not seen: its copies go back, and the next one is handed over.
 * 4. What is forgotten may come twice; nothing gets lost by it.
 */
export class Ledger {
  readonly #ackWaitMs: number;
  readonly #items = new Map<string, Item>();
  readonly #queue = new Set<Item>();
  /** It goes on behind what it gave before, none of which is queued: its next is always the first. */
  #queued = this.#queue.values();
  /** Those left, all with copies that wait. */
  readonly #left = new Set<Item>();
  readonly #past: Recent<Past>;
  readonly #budget: LiveBudget;
  #turns = 0;

  constructor(options: LedgerOptions, onGap: (channel: string, count: number) => void) {
    this.#ackWaitMs = options.ackWaitMs;
    this.#past = createRecent(options.maxSeen);
    this.#budget = createLiveBudget(options, onGap);
  }

  /** How many wait to be handed over. */
  get queued(): number {
    return this.#queue.size;
  }

  /** How many the receiver has or has left. */
  get taken(): number {
    return this.#items.size - this.#queue.size;
  }

  /** How many are remembered that nobody waits for. */
  get remembered(): number {
    return this.#past.size;
  }

  /** Takes a message that no queue can hand out again; a duplicate has no effect. */
  offer(arrival: Arrival): void {
    const key = keyOf(arrival);
    const before = this.#past.get(key);
    if (this.#items.has(key) || before?.kind === "done" || before?.kind === "left") return;
    const live = arrival.source === "live";
    if (live && !this.#budget.admit(channelOf(arrival), arrival.bytes)) return;
    const item = newItem(key, arrival);
    item.live = live;
    item.redelivered = before !== undefined;
    this.#enqueue(item);
  }

  /** Takes what a queue brought. */
  take(copy: Copy, now: number): void {
    const { arrival } = copy;
    const key = keyOf(arrival);
    const before = this.#past.get(key);
    if (before?.kind === "done") {
      copy.answer(before.disposition);
      return;
    }
    const known = this.#items.get(key);
    const item = known ?? newItem(key, arrival);
    item.copies = [...item.copies, copy];
    if (known) return;
    item.redelivered = before !== undefined || arrival.deliveries > 1;
    if (before?.kind === "left") item.turn = before.turn;
    if (before?.kind === "left" && now < before.at + this.#ackWaitMs) this.#wait(item, before.at);
    else this.#enqueue(item);
  }

  /** Forgets a copy that wants no answer any more: its queue will hand it out again. */
  drop(copy: Copy): void {
    const item = this.#items.get(keyOf(copy.arrival));
    if (!item?.copies.includes(copy)) return;
    item.copies = item.copies.filter((other) => other !== copy);
    if (item.copies.length > 0) return;
    const { place, turn } = item;
    if (place.kind === "in-hands" || (place.kind === "queued" && !comesAgain(item.arrival))) return;
    this.#remove(item);
    const at = place.kind === "left" ? place.at : Number.NEGATIVE_INFINITY;
    if (turn > 0) this.#past.set(item.key, { kind: "left", at, turn });
  }

  /** Hands the first of the queue to the receiver. */
  next(): Surfaced | undefined {
    const item = this.#first();
    if (!item) return undefined;
    this.#dequeue(item);
    item.place = { kind: "in-hands" };
    item.turn = ++this.#turns;
    const { key, turn, arrival, redelivered } = item;
    item.redelivered = true;
    return { key, turn, arrival, redelivered };
  }

  /** The receiver has gone on without settling it. */
  leave({ key, turn }: Surfaced, now: number): void {
    const item = this.#items.get(key);
    if (item?.place.kind !== "in-hands" || item.turn !== turn) return;
    if (item.copies.length > 0) {
      this.#wait(item, now);
    } else {
      this.#remove(item);
      this.#past.set(key, { kind: "left", at: now, turn });
    }
  }

  /**
   * What its copies are answered. `undefined` when nothing changes: it was settled before, or is to be
   * given back though it has been handed over again; that it is done can be said at any time.
   */
  settle({ key, turn, arrival }: Surfaced, settlement: Settlement): Disposition | undefined {
    const item = this.#items.get(key);
    const before = this.#past.get(key);
    if (before?.kind === "done") return undefined;
    const copies = item?.copies ?? [];
    const failures = before?.kind === "returned" ? before.failures : 0;
    const deliveries = Math.max(arrival.deliveries, ...copies.map((copy) => copy.arrival.deliveries));
    const disposition = dispositionOf(settlement, { failures, deliveries });
    if (disposition.kind === "retry" && this.#isLater(key, turn)) return undefined;
    this.#past.set(
      key,
      disposition.kind === "retry"
        ? { kind: "returned", failures: failures + (isFailure(settlement) ? 1 : 0) }
        : { kind: "done", disposition },
    );
    if (item) this.#remove(item);
    for (const copy of copies) copy.answer(disposition);
    return disposition;
  }

  /** When `expire` has something to do. */
  get expiresAt(): number | undefined {
    let first: number | undefined;
    for (const { place } of this.#left) {
      if (place.kind !== "left") continue;
      first = Math.min(first ?? Number.POSITIVE_INFINITY, place.at + this.#ackWaitMs);
    }
    return first;
  }

  /** Queues again what was left too long ago and has a copy. */
  expire(now: number): void {
    for (const item of this.#left) {
      const [copy] = item.copies;
      if (item.place.kind !== "left" || !copy || now < item.place.at + this.#ackWaitMs) continue;
      item.arrival = copy.arrival;
      this.#enqueue(item);
    }
  }

  /** Takes live messages out of the queue unless they have a copy; the answer counts them by channel. */
  dropLive(): ReadonlyMap<string, number> {
    const dropped = new Map<string, number>();
    for (const item of this.#queue) {
      if (!item.live) continue;
      this.#release(item);
      if (item.copies.length > 0) continue;
      this.#remove(item);
      const channel = channelOf(item.arrival);
      dropped.set(channel, (dropped.get(channel) ?? 0) + 1);
    }
    return dropped;
  }

  /** A new iterator over a set finds its way past all that was deleted, so one is made only when it has ended. */
  #first(): Item | undefined {
    const { value } = this.#queued.next();
    if (value) return value;
    this.#queued = this.#queue.values();
    return this.#queued.next().value;
  }

  /** Whether a message was handed over again after that turn, or is about to be. */
  #isLater(key: string, turn: number): boolean {
    const item = this.#items.get(key);
    if (item) return item.turn !== turn || item.place.kind === "queued";
    const before = this.#past.get(key);
    return before?.kind === "left" && before.turn !== turn;
  }

  #enqueue(item: Item): void {
    this.#left.delete(item);
    item.place = { kind: "queued" };
    this.#items.set(item.key, item);
    this.#queue.add(item);
  }

  #wait(item: Item, at: number): void {
    item.place = { kind: "left", at };
    this.#items.set(item.key, item);
    this.#left.add(item);
  }

  #remove(item: Item): void {
    this.#items.delete(item.key);
    this.#left.delete(item);
    this.#dequeue(item);
  }

  #dequeue(item: Item): void {
    this.#queue.delete(item);
    this.#release(item);
  }

  #release(item: Item): void {
    if (item.live) this.#budget.release(item.arrival.bytes);
    item.live = false;
  }
}

function keyOf({ accepted }: Arrival): string {
  const { sender, message, copy } = accepted;
  const id = dedupeId(sender, message.id);
  // What an operator has handed out again is to be looked at again.
  return copy?.letter === undefined ? id : `${id} ${copy.letter}`;
}

function isFailure(settlement: Settlement): boolean {
  return settlement !== "handled" && settlement.kind === "failed";
}

/** Whether its queue still has it. */
function comesAgain({ source }: Arrival): boolean {
  return source !== "live" && source !== "history";
}

function channelOf({ accepted }: Arrival): string {
  return accepted.channel ?? ">";
}

function newItem(key: string, arrival: Arrival): Item {
  return {
    key,
    copies: [],
    arrival,
    place: { kind: "queued" },
    turn: 0,
    redelivered: false,
    live: false,
  };
}
