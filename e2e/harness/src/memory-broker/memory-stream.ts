import { type Published, readHeaders } from "./client-frames.ts";
import { matches } from "./subject-match.ts";

/** What decides how a stream keeps its entries, in the broker's own names and units. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly storage: "file" | "memory";
  readonly retention: "limits" | "workqueue";
  readonly max_msgs_per_subject: number;
  readonly max_age: number;
  readonly duplicate_window: number;
  readonly subject_transform?: { readonly src: string; readonly dest: string } | null;
}

export interface StoredEntry extends Published {
  readonly seq: number;
  /** In ms of the broker's time. */
  readonly at: number;
  readonly expiresAt: number;
}

export type Appended =
  | { readonly kind: "stored"; readonly seq: number; readonly duplicate: boolean }
  /** The sequence that stands where another was expected. */
  | { readonly kind: "fenced"; readonly last: number };

const nanosPerMs = 1e6;

/** The entries of one stream, in their order. */
export class MemoryStream {
  readonly config: StreamConfig;
  readonly created: number;
  readonly #now: () => number;
  readonly #entries = new Map<number, StoredEntry>();
  /** The sequences that stand, by subject. */
  readonly #standing = new Map<string, Set<number>>();
  readonly #ids = new Map<string, { readonly seq: number; readonly until: number }>();
  #lastSeq = 0;
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(config: StreamConfig, now: () => number) {
    this.config = config;
    this.created = now();
    this.#now = now;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get firstSeq(): number {
    this.#prune();
    const [first] = this.#entries.keys();
    return first ?? this.#lastSeq + 1;
  }

  takes(subject: string): boolean {
    return this.config.subjects.some((pattern) => matches(pattern, subject));
  }

  append(given: Published): Appended {
    this.#prune();
    const ingest = this.config.subject_transform?.src.slice(0, -1) ?? "";
    const message = { ...given, subject: given.subject.slice(ingest.length), reply: undefined };
    const fields = readHeaders(given.headers);
    const id = fields.get("Nats-Msg-Id");
    const known = id === undefined ? undefined : this.#ids.get(id);
    if (known) return { kind: "stored", seq: known.seq, duplicate: true };
    const fence = fenceOf(fields, { last: this.#lastSeq, lastOf: () => this.#lastOf(message.subject) });
    if (fence) return fence;
    const { seq, at } = this.#keep(message, lifeOf(fields, this.config));
    if (id !== undefined) {
      const until = at + this.config.duplicate_window / nanosPerMs;
      this.#ids.set(id, { seq, until });
      this.#nextExpiry = Math.min(this.#nextExpiry, until);
    }
    return { kind: "stored", seq, duplicate: false };
  }

  get(seq: number): StoredEntry | undefined {
    this.#prune();
    return this.#entries.get(seq);
  }

  /** Those of a filter from a sequence on, oldest first. */
  *from(seq: number, filter: string): Generator<StoredEntry, undefined> {
    for (let at = Math.max(seq, this.firstSeq); at <= this.#lastSeq; at++) {
      const entry = this.#entries.get(at);
      if (entry && matches(filter, entry.subject)) yield entry;
    }
  }

  remove(seq: number): void {
    const entry = this.#entries.get(seq);
    if (!entry) return;
    this.#entries.delete(seq);
    const left = this.#standing.get(entry.subject);
    left?.delete(seq);
    if (left?.size === 0) this.#standing.delete(entry.subject);
  }

  purge(): void {
    this.#prune();
    for (const seq of this.#entries.keys()) this.remove(seq);
  }

  #keep(message: Published, lifeMs: number): StoredEntry {
    const at = this.#now();
    const entry = { ...message, seq: ++this.#lastSeq, at, expiresAt: at + lifeMs };
    this.#entries.set(entry.seq, entry);
    const same = this.#standing.get(entry.subject) ?? new Set();
    this.#standing.set(entry.subject, same.add(entry.seq));
    this.#nextExpiry = Math.min(this.#nextExpiry, entry.expiresAt);
    const { max_msgs_per_subject: most } = this.config;
    const [oldest] = same;
    if (oldest !== undefined && most > 0 && same.size > most) this.remove(oldest);
    return entry;
  }

  #lastOf(subject: string): number {
    return Math.max(0, ...(this.#standing.get(subject) ?? []));
  }

  #prune(): void {
    const time = this.#now();
    if (time < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const { seq, expiresAt } of this.#entries.values()) {
      if (expiresAt <= time) this.remove(seq);
      else this.#nextExpiry = Math.min(this.#nextExpiry, expiresAt);
    }
    for (const [id, { until }] of this.#ids) {
      if (until <= time) this.#ids.delete(id);
      else this.#nextExpiry = Math.min(this.#nextExpiry, until);
    }
  }
}

function fenceOf(
  fields: ReadonlyMap<string, string>,
  { last, lastOf }: { readonly last: number; readonly lastOf: () => number },
): Appended | undefined {
  const ofSubject = fields.get("Nats-Expected-Last-Subject-Sequence");
  if (ofSubject !== undefined && Number(ofSubject) !== lastOf()) return { kind: "fenced", last: lastOf() };
  const ofStream = fields.get("Nats-Expected-Last-Sequence");
  if (ofStream !== undefined && Number(ofStream) !== last) return { kind: "fenced", last };
  return undefined;
}

/** In ms; an entry without a life of its own lives as long as its stream says. */
function lifeOf(fields: ReadonlyMap<string, string>, { max_age }: StreamConfig): number {
  const own = /^(\d+)s$/.exec(fields.get("Nats-TTL") ?? "");
  if (own) return Number(own[1]) * 1000;
  return max_age > 0 ? max_age / nanosPerMs : Number.POSITIVE_INFINITY;
}
