import type { Disposition } from "@cotal/session";
import fc from "fast-check";
import { expect } from "vitest";
import type { Source } from "../src/arrival.ts";
import { reject, retryLater } from "../src/delivery.ts";
import { type Copy, Ledger, type LedgerOptions, type Surfaced } from "../src/ledger.ts";
import type { Settlement } from "../src/settlement.ts";
import { arrivalOf } from "./support-receiving.ts";

const settlements: readonly Settlement[] = [
  "handled",
  reject("no"),
  retryLater(),
  { kind: "failed", maxAttempts: 1_000_000 },
];

export type LedgerCommand =
  | { readonly kind: "arrive"; readonly id: string; readonly source: Source }
  | { readonly kind: "settle"; readonly pick: number; readonly settlement: Settlement }
  | { readonly kind: "leave"; readonly pick: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "next" | "drop-session" | "drop-live" };

export function ledgerCommands(sources: readonly Source[]): fc.Arbitrary<LedgerCommand[]> {
  const pick = fc.nat(5);
  const arrive = fc.record({
    kind: fc.constant("arrive" as const),
    id: fc.constantFrom("a", "b", "c", "d"),
    source: fc.constantFrom(...sources),
  });
  const command = fc.oneof(
    { weight: 5, arbitrary: arrive },
    { weight: 4, arbitrary: fc.constant({ kind: "next" as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        pick,
        settlement: fc.constantFrom(...settlements),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(80) }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ kind: "drop-session" as const }, { kind: "drop-live" as const }),
    },
  );
  return fc.array(command, { maxLength: 80 });
}

interface WatchedCopy extends Copy {
  readonly id: string;
  readonly answers: Disposition[];
  isDropped: boolean;
}

/** One message, as somebody would describe it who keeps no books: everything is looked for. */
interface Expected {
  state: "new" | "queued" | "in-hands" | "left" | "done";
  /** Its place in the queue, less is first. */
  order: number;
  leftAt: number;
  turn: number;
  /** It stays queued without its copies. */
  hasCome: "live" | "history" | undefined;
  timesSurfaced: number;
}

/**
 * Carries out the commands on a ledger and holds it against the naive description, if it forgets
 * nothing; and always against what must never happen. At last everything is handled.
 */
export function runLedger(
  commands: readonly LedgerCommand[],
  options: LedgerOptions,
  { isForgetful = false } = {},
): void {
  const world = new World(options, isForgetful);
  for (const command of commands) world.carryOut(command);
  world.handleAll();
}

class World {
  readonly #options: LedgerOptions;
  readonly #isForgetful: boolean;
  readonly #ledger: Ledger;
  readonly #copies: WatchedCopy[] = [];
  readonly #surfaced: Surfaced[] = [];
  readonly #settled = new Set<Surfaced>();
  readonly #inHands = new Map<string, Surfaced>();
  readonly #said = new Map<string, Set<string>>();
  readonly #expected = new Map<string, Expected>();
  #now = 0;
  #order = 0;

  constructor(options: LedgerOptions, isForgetful: boolean) {
    this.#options = options;
    this.#isForgetful = isForgetful;
    this.#ledger = new Ledger(options, () => undefined);
  }

  carryOut(command: LedgerCommand): void {
    switch (command.kind) {
      case "arrive":
        if (command.source === "live" || command.source === "history")
          this.#offer(command.id, command.source);
        else this.#take(command.id, command.source);
        break;
      case "next":
        this.#next();
        break;
      case "settle":
        this.#settle(this.#pick(command.pick), command.settlement);
        break;
      case "leave":
        this.#leave(this.#pick(command.pick));
        break;
      case "wait":
        this.#wait(command.ms);
        break;
      case "drop-session":
        this.#dropSession();
        break;
      case "drop-live":
        this.#dropLive();
        break;
    }
    this.#check();
  }

  /** Everything that is still held by then is answered, and nothing is left over. */
  handleAll(): void {
    for (const surfaced of this.#inHands.values()) this.#settle(surfaced, "handled");
    this.#wait(1_000_000);
    for (let surfaced = this.#next(); surfaced; surfaced = this.#next()) this.#settle(surfaced, "handled");
    this.#check();
    expect(this.#open()).toEqual([]);
    expect([this.#ledger.queued, this.#ledger.taken, this.#ledger.expiresAt]).toEqual([0, 0, undefined]);
  }

  #offer(id: string, source: "live" | "history"): void {
    this.#ledger.offer(arrivalOf({ id, source }));
    const expected = this.#of(id);
    if (expected.state === "new") this.#expectQueued(expected, source);
  }

  #take(id: string, source: Source): void {
    const answers: Disposition[] = [];
    const answer = (disposition: Disposition) => void answers.push(disposition);
    const copy = { id, arrival: arrivalOf({ id, source }), answers, answer, isDropped: false };
    this.#copies.push(copy);
    this.#ledger.take(copy, this.#now);
    const expected = this.#of(id);
    const isOver = this.#now >= expected.leftAt + this.#options.ackWaitMs;
    if (expected.state === "new" || (expected.state === "left" && isOver)) {
      this.#expectQueued(expected, undefined);
    }
    if (!this.#isForgetful) expect(answers.length).toBe(expected.state === "done" ? 1 : 0);
  }

  #next(): Surfaced | undefined {
    const surfaced = this.#ledger.next();
    const waiting = [...this.#expected.values()].filter(({ state }) => state === "queued");
    if (!this.#isForgetful) expect(surfaced !== undefined).toBe(waiting.length > 0);
    if (!surfaced) return undefined;
    expect(this.#inHands.has(surfaced.key)).toBe(false);
    this.#inHands.set(surfaced.key, surfaced);
    this.#surfaced.push(surfaced);
    const expected = this.#of(idOf(surfaced));
    if (!this.#isForgetful) {
      expect(expected.state).toBe("queued");
      expect(expected.order).toBe(Math.min(...waiting.map(({ order }) => order)));
      expect(surfaced.redelivered).toBe(expected.timesSurfaced > 0);
    }
    expected.state = "in-hands";
    expected.turn = surfaced.turn;
    expected.timesSurfaced++;
    return surfaced;
  }

  #settle(surfaced: Surfaced | undefined, settlement: Settlement): void {
    if (!surfaced || this.#settled.has(surfaced)) return;
    this.#settled.add(surfaced);
    const id = idOf(surfaced);
    const open = this.#open().filter((copy) => copy.id === id);
    const kind = kindOf(settlement);
    const counts = this.#counts(surfaced, kind);
    if (kind !== "retry") this.#saidOf(id).add(kind);
    const disposition = this.#ledger.settle(surfaced, settlement);
    if (kind !== "retry" || this.#inHands.get(surfaced.key) === surfaced) this.#inHands.delete(surfaced.key);
    if (!this.#isForgetful) {
      expect(disposition?.kind).toBe(counts ? kind : undefined);
      for (const { answers } of open) expect(answers.map((one) => one.kind)).toEqual(counts ? [kind] : []);
    }
    const state = kind === "retry" ? "new" : "done";
    if (counts) Object.assign(this.#of(id), { state, leftAt: Number.NEGATIVE_INFINITY });
  }

  #counts(surfaced: Surfaced, kind: Disposition["kind"]): boolean {
    const { state, turn } = this.#of(idOf(surfaced));
    const isStale = turn !== surfaced.turn || state === "queued";
    return state !== "done" && !(kind === "retry" && isStale);
  }

  #leave(surfaced: Surfaced | undefined): void {
    if (!surfaced) return;
    this.#ledger.leave(surfaced, this.#now);
    if (this.#inHands.get(surfaced.key) !== surfaced) return;
    this.#inHands.delete(surfaced.key);
    const expected = this.#of(idOf(surfaced));
    expected.state = "left";
    expected.leftAt = this.#now;
  }

  #wait(ms: number): void {
    this.#now += ms;
    this.#ledger.expire(this.#now);
    const withCopies = new Set(this.#open().map(({ id }) => id));
    const order = this.#order++;
    for (const [id, expected] of this.#expected) {
      const isDue = expected.state === "left" && this.#now >= expected.leftAt + this.#options.ackWaitMs;
      if (isDue && withCopies.has(id))
        Object.assign(expected, { state: "queued", order, hasCome: undefined });
    }
  }

  #dropSession(): void {
    const ids = new Set<string>();
    for (const copy of this.#open()) {
      copy.isDropped = true;
      this.#ledger.drop(copy);
      ids.add(copy.id);
    }
    for (const id of ids) {
      const expected = this.#of(id);
      if (expected.state !== "queued" || expected.hasCome) continue;
      const wasLeft = expected.leftAt > Number.NEGATIVE_INFINITY;
      Object.assign(expected, wasLeft ? { state: "left", leftAt: -1e9 } : { state: "new" });
    }
  }

  #dropLive(): void {
    this.#ledger.dropLive();
    const withCopies = new Set(this.#open().map(({ id }) => id));
    for (const [id, expected] of this.#expected) {
      const isLive = expected.state === "queued" && expected.hasCome === "live";
      if (isLive && !withCopies.has(id)) expected.state = "new";
      else if (isLive) expected.hasCome = "history";
    }
  }

  #check(): void {
    for (const { id, answers, isDropped } of this.#copies) {
      expect(answers.length).toBeLessThanOrEqual(1);
      for (const { kind } of answers) {
        if (kind !== "retry") expect(this.#saidOf(id)).toContain(kind);
      }
      if (isDropped) expect(answers).toEqual([]);
    }
    expect(this.#ledger.remembered).toBeLessThanOrEqual(this.#options.maxSeen);
  }

  #open(): readonly WatchedCopy[] {
    return this.#copies.filter(({ answers, isDropped }) => answers.length === 0 && !isDropped);
  }

  #pick(at: number): Surfaced | undefined {
    return this.#surfaced.at(-1 - at);
  }

  #of(id: string): Expected {
    const known = this.#expected.get(id);
    if (known) return known;
    const leftAt = Number.NEGATIVE_INFINITY;
    const made: Expected = { state: "new", order: 0, leftAt, turn: 0, hasCome: undefined, timesSurfaced: 0 };
    this.#expected.set(id, made);
    return made;
  }

  #expectQueued(expected: Expected, hasCome: Expected["hasCome"]): void {
    Object.assign(expected, { state: "queued", order: this.#order++, hasCome });
  }

  #saidOf(id: string): Set<string> {
    const said = this.#said.get(id) ?? new Set();
    this.#said.set(id, said);
    return said;
  }
}

function kindOf(settlement: Settlement): Disposition["kind"] {
  if (settlement === "handled") return "ack";
  return settlement.kind === "reject" ? "terminate" : "retry";
}

function idOf({ arrival }: Surfaced): string {
  return arrival.accepted.message.id;
}
