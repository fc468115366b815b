import {
  createConsumer,
  createScope,
  deleteConsumer,
  type Entry,
  errorFields,
  onAbort,
  type Scope,
  type Session,
  type TailConsumer,
  tail,
} from "@cotal/session";
import { consumerName, formatPattern, type OwnerId, streamName, type Token } from "@cotal/subjects";
import type { RejectReason } from "@cotal/wire";
import { type Post, readPost, type VerifiedPost, verifyPost } from "./core/post.ts";
import { maxBytesOf } from "./max-bytes.ts";
import { anyChannel } from "./shard-place.ts";

/** What comes of CHAT, in order. */
export type Arrival =
  | {
      readonly kind: "post";
      readonly seq: number;
      readonly post: Post;
      /** Looks at the envelope, once for all shards. */
      verify(): VerifiedPost;
    }
  | {
      readonly kind: "rejected";
      readonly seq: number;
      readonly storedAt: number;
      readonly reason: RejectReason;
    }
  /** These posts are gone: retention or an operator was faster. */
  | { readonly kind: "hole"; readonly fromSeq: number; readonly toSeq: number };

/** What is to be served, for one shard. */
export interface Feed {
  /** The next that is here already. */
  take(): Arrival | undefined;
  close(): void;
}

/** Reads CHAT once for all shards of a daemon, over one session. */
export interface ChatReader {
  /** Begins behind `after`. `onArrival` says that there is something to take. */
  open(after: number, onArrival: () => void): Feed;
}

export interface ReaderOptions {
  readonly space: Token;
  /** Of the credential of the daemon, whose name the consumer has. */
  readonly id: OwnerId;
  /** How much may wait for a shard: so many posts, and so many bytes of them. */
  readonly limits?: FeedLimits;
}

export interface FeedLimits {
  readonly posts: number;
  readonly bytes: number;
}

const defaultLimits: FeedLimits = { posts: 2_000, bytes: 16 * 1024 * 1024 };

export function createChatReader(session: Session, options: ReaderOptions): ChatReader {
  return new SharedReader(session, options);
}

/**
 * One consumer feeds everybody who has room. Who has none misses what comes then and is behind; when it has
 * room again, the consumer goes back to it, and the others pass over what they have had.
 */
class SharedReader implements ChatReader {
  readonly #session: Session;
  readonly #options: ReaderOptions;
  readonly #feeds = new Set<ShardFeed>();
  /** The run of the consumer; a new one begins at another place. */
  #run: Scope | undefined;
  #changing: Promise<void> = Promise.resolve();
  /** Ends the wait of a run that found no room at all. */
  #roomMade: () => void = () => undefined;

  constructor(session: Session, options: ReaderOptions) {
    this.#session = session;
    this.#options = options;
  }

  open(after: number, onArrival: () => void): Feed {
    const feed = new ShardFeed({
      after,
      onArrival,
      limits: this.#options.limits ?? defaultLimits,
      onRoom: (isBehind) => {
        this.#roomMade();
        if (isBehind) this.#restart();
      },
      onClose: () => {
        this.#feeds.delete(feed);
        this.#roomMade();
        if (this.#feeds.size === 0) this.#restart();
      },
    });
    this.#feeds.add(feed);
    this.#restart();
    return feed;
  }

  /** Ends the run, and begins one where the first of those with room goes on. */
  #restart(): void {
    this.#changing = this.#changing.then(async () => {
      await this.#run?.dispose();
      this.#run = undefined;
      const open = [...this.#feeds].filter((feed) => feed.goesOn());
      if (open.length === 0 || this.#session.scope.signal.aborted) return;
      this.#read(Math.min(...open.map(({ last }) => last)));
    });
  }

  #read(start: number): void {
    const { clock, log } = this.#session;
    const { space, id } = this.#options;
    const stream = streamName.chat(space);
    const scope = createScope({
      clock,
      onFault: (label, error) =>
        log({ level: "warn", event: "delivery.reader", fields: { label, ...errorFields(error) } }),
    });
    const end = this.#session.scope.defer(() => scope.dispose());
    scope.defer(() => void end());
    this.#run = scope;
    const name = consumerName.route(id);
    tail(
      { ...this.#session, scope },
      {
        stream,
        window: 512,
        open: (after) => openConsumer(this.#session, { stream, name, space, after: after ?? start }),
        onEntry: (entry) => this.#give(entry, scope.signal),
      },
    );
  }

  /** Waits a moment for those without room, and as long as it takes while nobody has any. */
  async #give(entry: Entry, signal: AbortSignal): Promise<void> {
    const arrival = toArrival(entry, this.#session);
    const { clock } = this.#session;
    const patientUntil = clock.uptime() + patienceMs;
    for (;;) {
      const waiting = [...this.#feeds].filter((feed) => feed.wants(entry.seq));
      const full = waiting.filter((feed) => !feed.hasRoom).length;
      const isPatient = clock.uptime() < patientUntil || full === waiting.length;
      if (full === 0 || !isPatient || signal.aborted) {
        for (const feed of waiting) feed.offer(arrival, entry.data.byteLength);
        return;
      }
      await this.#room(signal);
    }
  }

  /** Until somebody has room again, or it is time to look. */
  async #room(signal: AbortSignal): Promise<void> {
    let forget: () => void = () => undefined;
    let cancel: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.#roomMade = resolve;
      cancel = this.#session.clock.after(patienceMs, resolve);
      forget = onAbort(signal, resolve);
    });
    cancel();
    forget();
  }
}

/** How long one shard that has no room may hold up the others. */
const patienceMs = 100;

interface Opening {
  readonly stream: string;
  readonly name: string;
  readonly space: Token;
  readonly after: number;
}

/** A consumer cannot be moved, so it is made anew; what was asked of the old one ends with it. */
async function openConsumer(
  session: Session,
  { stream, name, space, after }: Opening,
): Promise<TailConsumer> {
  await deleteConsumer(session, stream, name);
  const { num_pending } = await createConsumer(session, stream, {
    name,
    filter_subject: formatPattern({ kind: "chat", space, sender: "*", channel: anyChannel }),
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
    ack_policy: "none",
    mem_storage: true,
    inactive_threshold: inactiveMs * 1e6,
  });
  return { consumer: name, pending: num_pending, delivered: 0 };
}

const inactiveMs = 30_000;

function toArrival(entry: Entry, session: Session): Exclude<Arrival, { kind: "hole" }> {
  const { seq, storedAt } = entry;
  const read = readPost(entry);
  if (read.kind === "rejected") return { kind: "rejected", seq, storedAt, reason: read.reason };
  const { post } = read;
  let verified: VerifiedPost | undefined;
  return {
    kind: "post",
    seq,
    post,
    verify: () => {
      verified ??= verifyPost(post, { maxBytes: maxBytesOf(session) });
      return verified;
    },
  };
}

interface FeedOptions {
  readonly after: number;
  readonly limits: FeedLimits;
  readonly onArrival: () => void;
  /** There is room again, after there was none; `isBehind` when something was missed meanwhile. */
  readonly onRoom: (isBehind: boolean) => void;
  readonly onClose: () => void;
}

class ShardFeed implements Feed {
  readonly #options: FeedOptions;
  #waiting: (readonly [arrival: Arrival, bytes: number])[] = [];
  #taken = 0;
  #bytes = 0;
  /** Until a run begins that starts early enough, what comes is not for this one. */
  #isBehind = true;
  #open = true;
  /** Everything up to here has been offered. */
  last: number;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.last = options.after;
  }

  get hasRoom(): boolean {
    const { posts, bytes } = this.#options.limits;
    return this.#waiting.length - this.#taken < posts && this.#bytes < bytes;
  }

  wants(seq: number): boolean {
    return this.#open && seq > this.last && !this.#isBehind;
  }

  /** A new run begins: whether it is to serve this one. */
  goesOn(): boolean {
    if (this.hasRoom) this.#isBehind = false;
    return !this.#isBehind;
  }

  offer(arrival: Exclude<Arrival, { kind: "hole" }>, bytes: number): void {
    if (!this.hasRoom) {
      this.#isBehind = true;
      return;
    }
    if (arrival.seq > this.last + 1) {
      this.#waiting.push([{ kind: "hole", fromSeq: this.last + 1, toSeq: arrival.seq - 1 }, 0]);
    }
    this.#waiting.push([arrival, bytes]);
    this.#bytes += bytes;
    this.last = arrival.seq;
    this.#options.onArrival();
  }

  take(): Arrival | undefined {
    const next = this.#waiting[this.#taken];
    if (next === undefined) return undefined;
    const hadRoom = this.hasRoom;
    const [arrival, bytes] = next;
    this.#taken++;
    this.#bytes -= bytes;
    this.#forgetTaken();
    const isEmpty = this.#waiting.length === this.#taken;
    if (this.#isBehind ? isEmpty : !hadRoom && this.hasRoom) this.#options.onRoom(this.#isBehind);
    return arrival;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting = [];
    this.#taken = 0;
    this.#options.onClose();
  }

  #forgetTaken(): void {
    if (this.#taken < 256 && this.#taken < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#taken);
    this.#taken = 0;
  }
}
