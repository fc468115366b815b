import { queueConsumer } from "@cotal/registries";
import { requestApi, type Session } from "@cotal/session";
import { CotalError, consumerName, isOwnerId, isToken, streamName, type Token } from "@cotal/subjects";
import { createPairTrimmer, type PairFill, type PairTrimmer } from "./pair-trimmer.ts";
import { createAgeIndex } from "./trim-age.ts";
import {
  type Cut,
  cutsUpTo,
  type Fill,
  type HandledQueue,
  heavySenders,
  isFull,
  isRelieved,
  lookAgainMs,
  reliefSteps,
} from "./trim-plan.ts";

export interface TrimmerOptions {
  readonly space: Token;
  readonly queue: "dm" | "task";
  /**
   * Told once about each sender that fills more than its share of a queue that is full of what is not handled, or has
   * reached its share for one target.
   */
  readonly onHeavy: (error: CotalError) => void;
}

/** Removes from a stream of queues what is handled, because nothing else does. What waits stays. */
export interface Trimmer {
  /** Looks once and removes what may go. The answer is when to look again, in ms. */
  trim(): Promise<number>;
  /** How many messages it has removed. */
  readonly removed: number;
}

export function createTrimmer(session: Session, options: TrimmerOptions): Trimmer {
  const trimmer = new StreamTrimmer(session, options);
  return {
    trim: () => trimmer.trim(),
    get removed() {
      return trimmer.removed;
    },
  };
}

interface StreamInfo {
  readonly ts: string;
  readonly config: { readonly max_bytes: number; readonly max_msgs_per_subject: number };
  readonly state: {
    readonly bytes: number;
    readonly messages: number;
    readonly first_seq: number;
    readonly first_ts: string;
    readonly last_seq: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
}

interface ConsumerPage {
  readonly total: number;
  readonly consumers: readonly {
    readonly name: string;
    readonly config: { readonly filter_subject?: string; readonly ack_policy: string };
    readonly ack_floor: { readonly stream_seq: number };
  }[];
}

class StreamTrimmer {
  removed = 0;
  readonly #session: Session;
  readonly #options: TrimmerOptions;
  readonly #stream: string;
  readonly #ages = createAgeIndex();
  /** Up to where each queue was cut. */
  readonly #cut = new Map<string, number>();
  readonly #heavy = new Set<string>();
  readonly #pairs: PairTrimmer;
  #agedSeq = 0;
  #agedCut = 0;

  constructor(session: Session, options: TrimmerOptions) {
    this.#session = session;
    this.#options = options;
    this.#stream = streamName[options.queue](options.space);
    this.#pairs = createPairTrimmer({
      count: async () => (await this.#info(">")).state.subjects ?? {},
      queues: () => this.#queues(),
      purge: (cut) => this.#purge(cut),
      onExhausted: ({ subject }) => options.onHeavy(shareReached(subject, this.#stream)),
    });
  }

  async trim(): Promise<number> {
    let fill = await this.#look();
    await this.#cutAged();
    if (isFull(fill)) fill = await this.#relieve(fill);
    return Math.min(lookAgainMs(fill), await this.#pairs.trim(fill));
  }

  /** Once for each step of the ages: what is handled later waits for the next. */
  async #cutAged(): Promise<void> {
    if (this.#agedSeq <= this.#agedCut) return;
    await this.#cutUpTo(this.#agedSeq, await this.#queues());
    this.#agedCut = this.#agedSeq;
  }

  async #relieve(before: PairFill): Promise<PairFill> {
    const queues = await this.#queues();
    let fill = before;
    for (const seq of reliefSteps(fill, queues)) {
      if ((await this.#cutUpTo(seq, queues)) > 0) fill = await this.#look();
      if (isRelieved(fill)) break;
    }
    if (isFull(fill)) await this.#nameHeavy(fill);
    else this.#heavy.clear();
    return fill;
  }

  async #look(): Promise<PairFill> {
    const { config, state, ts } = await this.#info();
    const now = Date.parse(ts);
    const [firstSeq, lastSeq] = [state.first_seq, state.last_seq];
    this.#ages.note({ now, firstSeq, firstAt: Date.parse(state.first_ts), lastSeq });
    this.#agedSeq = this.#ages.agedSeq(now);
    const { max_bytes: maxBytes, max_msgs_per_subject: most } = config;
    const limit = most > 0 ? most : Number.POSITIVE_INFINITY;
    return { bytes: state.bytes, maxBytes, messages: state.messages, firstSeq, lastSeq, limit };
  }

  /** Only those that were made for peers: whoever reads along acknowledges nothing of theirs. */
  async #queues(): Promise<readonly HandledQueue[]> {
    const found: HandledQueue[] = [];
    for (let offset = 0; ; ) {
      const page = await requestApi<ConsumerPage>(this.#session, `CONSUMER.LIST.${this.#stream}`, { offset });
      for (const { name, config, ack_floor } of page.consumers) {
        const filter = this.#filterOf(name);
        if (filter === undefined || config.filter_subject !== filter || config.ack_policy !== "explicit")
          continue;
        found.push({ filter, floor: ack_floor.stream_seq });
      }
      offset += page.consumers.length;
      if (page.consumers.length === 0 || offset >= page.total) return found;
    }
  }

  /** What the queue of this name takes; `undefined` when it is none. */
  #filterOf(name: string): string | undefined {
    const { space, queue } = this.#options;
    const rest = name.slice(name.indexOf("_") + 1);
    if (queue === "dm" && isOwnerId(rest) && name === consumerName.dm(rest))
      return queueConsumer.dm(space, rest).config.filter_subject;
    if (queue === "task" && isToken(rest) && name === consumerName.role(rest))
      return queueConsumer.role(space, rest).config.filter_subject;
    return undefined;
  }

  async #cutUpTo(seq: number, queues: readonly HandledQueue[]): Promise<number> {
    let removed = 0;
    for (const cut of cutsUpTo(queues, seq, this.#cut)) {
      removed += await this.#purge(cut);
      this.#cut.set(cut.filter, cut.upTo);
    }
    return removed;
  }

  async #purge({ filter, upTo }: Cut): Promise<number> {
    // The broker takes the first sequence that stays.
    const order = { filter, seq: upTo + 1 };
    const { purged } = await requestApi<{ readonly purged: number }>(
      this.#session,
      `STREAM.PURGE.${this.#stream}`,
      order,
    );
    this.removed += purged;
    return purged;
  }

  /** What is left is not handled, so nothing of it goes. Who has sent it is known, and named. */
  async #nameHeavy(fill: Fill): Promise<void> {
    const { state } = await this.#info(">");
    for (const { sender, share } of heavySenders(fill, state.subjects ?? {})) {
      if (this.#heavy.has(sender)) continue;
      this.#heavy.add(sender);
      this.#options.onHeavy(tooMuch({ sender, share, stream: this.#stream }));
    }
  }

  #info(subjects?: string): Promise<StreamInfo> {
    const body = subjects === undefined ? undefined : { subjects_filter: subjects };
    return requestApi<StreamInfo>(this.#session, `STREAM.INFO.${this.#stream}`, body);
  }
}

function shareReached(subject: string, stream: string): CotalError {
  const [target = "", sender = ""] = subject.split(".").slice(-2);
  return new CotalError(
    "quota-exceeded",
    `so much of what ${sender} has sent to ${target} waits in ${stream} that no more is taken`,
    { hint: seeWhy, data: { sender, target, stream } },
  );
}

const seeWhy = "see why its receivers handle nothing, or take its rights back";

function tooMuch(data: { sender: string; share: number; stream: string }): CotalError {
  const percent = Math.round(data.share * 100);
  return new CotalError(
    "quota-exceeded",
    `what ${data.sender} has sent, and nobody has handled, fills about ${percent} % of ${data.stream}`,
    { hint: seeWhy, data },
  );
}
