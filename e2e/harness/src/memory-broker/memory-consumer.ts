import type { Clock } from "@cotal/session";
import type { MemoryStream, StoredEntry } from "./memory-stream.ts";

/** In the broker's own names and units. */
export interface ConsumerConfig {
  readonly name: string;
  readonly filter_subject?: string;
  readonly deliver_policy: "all" | "new" | "last" | "by_start_sequence" | "by_start_time";
  readonly opt_start_seq?: number;
  readonly opt_start_time?: string;
  readonly ack_policy: "none" | "explicit";
  readonly ack_wait?: number;
  readonly max_ack_pending?: number;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly durable_name?: string;
}

/** Somebody asks for entries. */
export interface PullRequest {
  readonly batch: number;
  readonly expires?: number;
  readonly idle_heartbeat?: number;
  readonly no_wait?: boolean;
  readonly max_bytes?: number;
}

/** Where a pull has its entries sent. Each answers whether somebody still listens there. */
export interface PullReceiver {
  isHeard(): boolean;
  entry(entry: StoredEntry, ackSubject: string): boolean;
  status(code: number, text: string, fields?: Readonly<Record<string, number>>): boolean;
}

export interface ConsumerDeps {
  readonly stream: MemoryStream;
  /** As the broker words it; no two are made at the same moment. */
  readonly created: string;
  /** In ms since 1970. */
  readonly now: () => number;
  readonly after: Clock["after"];
  /** It was not used for as long as it lives without. */
  readonly onInactive: () => void;
}

interface Pull {
  readonly receiver: PullReceiver;
  left: number;
  bytes: number;
  saidAt: number;
  readonly cancels: (() => void)[];
}

interface Outstanding {
  deliveries: number;
  dueAt: number;
}

const nanosPerMs = 1e6;

/** Hands out the entries of a stream to those who ask, and again what is not settled in time. */
export class MemoryConsumer {
  readonly config: ConsumerConfig;
  readonly #deps: ConsumerDeps;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #pulls: Pull[] = [];
  #next: number;
  #delivered = { consumer_seq: 0, stream_seq: 0 };
  #wake: () => void = () => undefined;
  #unused: () => void = () => undefined;

  constructor(config: ConsumerConfig, deps: ConsumerDeps) {
    this.config = config;
    this.#deps = deps;
    this.#next = startOf(config, deps.stream);
    this.#delivered = { consumer_seq: 0, stream_seq: this.#next - 1 };
    this.#watchUse();
  }

  get info(): object {
    return {
      stream_name: this.#deps.stream.config.name,
      name: this.config.name,
      config: this.config,
      created: this.#deps.created,
      delivered: this.#delivered,
      num_ack_pending: this.#outstanding.size,
      num_pending: this.#pending(),
      num_waiting: this.#pulls.length,
      ts: new Date(this.#deps.now()).toISOString(),
    };
  }

  pull(request: PullRequest, receiver: PullReceiver): void {
    const pull = { receiver, left: request.batch, bytes: request.max_bytes ?? 0, saidAt: 0, cancels: [] };
    this.#pulls.push(pull);
    this.#watchUse();
    this.deliver();
    this.#watchDue();
    if (!this.#pulls.includes(pull)) return;
    if (request.no_wait === true) {
      this.#end(pull, pull.left < request.batch ? [408, "Request Timeout"] : [404, "No Messages"]);
      return;
    }
    this.#keepAlive(pull, request);
  }

  /** Hands out what can be handed out now. */
  deliver(): void {
    let pending: number | undefined;
    for (let pull = this.#pulls[0]; pull; pull = this.#pulls[0]) {
      const entry = this.#take();
      if (!entry) return;
      const known = this.#outstanding.get(entry.seq);
      pending = known || pending === undefined ? this.#pending() : pending - 1;
      if (this.#give(pull, entry, pending)) continue;
      pending = undefined;
      if (!known) this.#next = Math.min(this.#next, entry.seq);
    }
  }

  /** `false`: this pull does not take it, and ends. */
  #give(pull: Pull, entry: StoredEntry, pending: number): boolean {
    const size = entry.data.length + (entry.headers?.length ?? 0);
    if (pull.bytes > 0 && size > pull.bytes) {
      this.#end(pull, [409, "Message Size Exceeds MaxBytes"]);
      return false;
    }
    const deliveries = (this.#outstanding.get(entry.seq)?.deliveries ?? 0) + 1;
    const place = this.#delivered.consumer_seq + 1;
    const tokens = [this.#deps.stream.config.name, this.config.name, deliveries, entry.seq, place];
    const ackSubject = ["$JS.ACK", ...tokens, `${Math.floor(entry.at)}000000`, pending].join(".");
    if (!pull.receiver.entry(entry, ackSubject)) {
      this.#drop(pull);
      return false;
    }
    this.#delivered = {
      consumer_seq: place,
      stream_seq: Math.max(this.#delivered.stream_seq, entry.seq),
    };
    pull.saidAt = this.#deps.now();
    if (pull.bytes > 0) pull.bytes -= size;
    if (this.config.ack_policy === "explicit") this.#hold(entry.seq, deliveries);
    if (--pull.left === 0) this.#drop(pull);
    return true;
  }

  settle(seq: number, body: string): void {
    const outstanding = this.#outstanding.get(seq);
    if (!outstanding) return;
    this.#watchUse();
    if (body.startsWith("+WPI")) outstanding.dueAt = this.#deps.now() + this.#ackWaitMs;
    else if (body.startsWith("-NAK")) outstanding.dueAt = this.#deps.now() + delayOf(body);
    else {
      this.#outstanding.delete(seq);
      if (this.#deps.stream.config.retention === "workqueue") this.#deps.stream.remove(seq);
    }
    this.#watchDue();
    this.deliver();
  }

  /** Gives up on those who have gone. */
  dropUnheard(): void {
    for (const pull of [...this.#pulls]) if (!pull.receiver.isHeard()) this.#drop(pull);
  }

  /** Goes on from another place. */
  reset(seq: number): void {
    this.#next = seq;
    this.#outstanding.clear();
    this.#delivered = { consumer_seq: 0, stream_seq: seq - 1 };
    this.#watchUse();
    this.deliver();
  }

  /** Whoever asks is told `status`, or nothing when the broker is gone. */
  close(status?: readonly [number, string]): void {
    for (const pull of [...this.#pulls]) {
      if (status) this.#end(pull, status);
      else this.#drop(pull);
    }
    this.#wake();
    this.#unused();
  }

  get #ackWaitMs(): number {
    return (this.config.ack_wait ?? 30_000 * nanosPerMs) / nanosPerMs;
  }

  get #filter(): string {
    return this.config.filter_subject ?? ">";
  }

  #pending(): number {
    let count = 0;
    for (const _ of this.#deps.stream.from(this.#next, this.#filter)) count++;
    return count;
  }

  /** What is due again comes first, then what nobody had. */
  #take(): StoredEntry | undefined {
    const { stream, now } = this.#deps;
    for (const [seq, { dueAt }] of this.#outstanding) {
      if (dueAt > now()) continue;
      const entry = stream.get(seq);
      if (entry) return entry;
      this.#outstanding.delete(seq);
    }
    if (this.#outstanding.size >= (this.config.max_ack_pending ?? Number.POSITIVE_INFINITY)) return undefined;
    for (const entry of stream.from(this.#next, this.#filter)) {
      this.#next = entry.seq + 1;
      return entry;
    }
    this.#next = Math.max(this.#next, stream.lastSeq + 1);
    return undefined;
  }

  #hold(seq: number, deliveries: number): void {
    this.#outstanding.set(seq, { deliveries, dueAt: this.#deps.now() + this.#ackWaitMs });
    this.#watchDue();
  }

  #watchDue(): void {
    this.#wake();
    if (this.#outstanding.size === 0) return;
    const dueAt = Math.min(...[...this.#outstanding.values()].map((one) => one.dueAt));
    if (dueAt <= this.#deps.now()) return;
    this.#wake = this.#deps.after(dueAt - this.#deps.now(), () => {
      this.deliver();
      this.#watchDue();
    });
  }

  #keepAlive(pull: Pull, { idle_heartbeat = 0, expires = 0 }: PullRequest): void {
    const { after, now } = this.#deps;
    const beatMs = idle_heartbeat / nanosPerMs;
    const beat = (delayMs: number): void => {
      pull.cancels[0] = after(delayMs, () => {
        const silentMs = now() - pull.saidAt;
        if (silentMs < beatMs) return beat(beatMs - silentMs);
        pull.saidAt = now();
        if (pull.receiver.status(100, "Idle Heartbeat")) beat(beatMs);
        else this.#drop(pull);
      });
    };
    if (beatMs > 0) beat(beatMs);
    pull.cancels.push(
      after(expires > 0 ? expires / nanosPerMs : 30_000, () => this.#end(pull, [408, "Request Timeout"])),
    );
  }

  #end(pull: Pull, [code, text]: readonly [number, string]): void {
    this.#drop(pull);
    pull.receiver.status(code, text, {
      "Nats-Pending-Messages": pull.left,
      "Nats-Pending-Bytes": pull.bytes,
    });
  }

  #drop(pull: Pull): void {
    const at = this.#pulls.indexOf(pull);
    if (at >= 0) this.#pulls.splice(at, 1);
    for (const cancel of pull.cancels) cancel?.();
    this.#watchUse();
  }

  /** Without a request for entries it is unused. */
  #watchUse(): void {
    this.#unused();
    const { inactive_threshold = 0 } = this.config;
    if (inactive_threshold === 0 || this.#pulls.length > 0) return;
    this.#unused = this.#deps.after(inactive_threshold / nanosPerMs, this.#deps.onInactive);
  }
}

function startOf({ deliver_policy, ...config }: ConsumerConfig, stream: MemoryStream): number {
  const end = stream.lastSeq + 1;
  switch (deliver_policy) {
    case "all":
      return stream.firstSeq;
    case "new":
      return end;
    case "last":
      return Math.max(stream.firstSeq, stream.lastSeq);
    case "by_start_sequence":
      return Math.max(stream.firstSeq, config.opt_start_seq ?? 1);
    case "by_start_time": {
      const since = Date.parse(config.opt_start_time ?? "");
      const isSince = ({ at }: StoredEntry): boolean => at >= since;
      const ours = firstOf(stream.from(1, config.filter_subject ?? ">"), isSince);
      return (ours ?? firstOf(stream.from(1, ">"), isSince))?.seq ?? end;
    }
  }
}

function firstOf<T>(things: Iterable<T>, isWanted: (thing: T) => boolean): T | undefined {
  for (const thing of things) if (isWanted(thing)) return thing;
  return undefined;
}

function delayOf(body: string): number {
  const { delay = 0 } = body.length > 5 ? (JSON.parse(body.slice(5)) as { delay?: number }) : {};
  return delay / nanosPerMs;
}
