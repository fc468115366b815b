import type { Clock } from "@cotal/session";
import type { Published } from "./client-frames.ts";
import {
  type ConsumerConfig,
  MemoryConsumer,
  type PullReceiver,
  type PullRequest,
} from "./memory-consumer.ts";
import { MemoryStream, type StreamConfig } from "./memory-stream.ts";

export interface StreamServiceDeps {
  /** In ms since 1970. */
  readonly now: () => number;
  readonly after: Clock["after"];
  /** Who listens on the reply subject of a request for entries. */
  readonly receiver: (reply: string) => PullReceiver;
}

interface Kept {
  readonly stream: MemoryStream;
  readonly consumers: Map<string, MemoryConsumer>;
}

const api = "$JS.API.";

/** The streams of a broker and what may be asked of them. */
export class StreamService {
  readonly #deps: StreamServiceDeps;
  readonly #streams = new Map<string, Kept>();
  #made = 0;

  constructor(deps: StreamServiceDeps) {
    this.#deps = deps;
  }

  /** The answer to a publication or a request; `undefined` when it is none of its business, `null` when there is none. */
  take(message: Published): object | null | undefined {
    const { subject } = message;
    if (subject.startsWith("$JS.ACK.")) return this.#settle(subject, message);
    if (subject.startsWith(`${api}CONSUMER.MSG.NEXT.`)) return this.#pull(subject, message);
    if (subject.startsWith(api)) return this.#request(subject, message.data.toString());
    return this.#append(message);
  }

  purge(stream: string): void {
    this.#streams.get(stream)?.stream.purge();
  }

  /** Somebody has hung up. */
  dropUnheard(): void {
    for (const { consumers } of this.#streams.values()) {
      for (const consumer of consumers.values()) consumer.dropUnheard();
    }
  }

  /** As a broker that ends: what is in memory is gone. */
  restart(): void {
    for (const [name, { stream, consumers }] of this.#streams) {
      const isLost = stream.config.storage === "memory";
      for (const [consumer, { config }] of consumers) {
        consumers.get(consumer)?.close();
        if (isLost || config.mem_storage === true) consumers.delete(consumer);
      }
      if (isLost) this.#streams.delete(name);
    }
  }

  #append(message: Published): object | undefined {
    const kept = [...this.#streams.values()].find(({ stream }) => stream.takes(message.subject));
    if (!kept) return undefined;
    const appended = kept.stream.append(message);
    for (const consumer of kept.consumers.values()) consumer.deliver();
    if (appended.kind === "fenced") return refusal(400, 10071, `wrong last sequence: ${appended.last}`);
    const { seq, duplicate } = appended;
    return { stream: kept.stream.config.name, seq, ...(duplicate && { duplicate }) };
  }

  #settle(subject: string, { data }: Published): null {
    const [stream = "", consumer = "", , seq] = subject.split(".").slice(2);
    this.#streams.get(stream)?.consumers.get(consumer)?.settle(Number(seq), data.toString());
    return null;
  }

  /** Of a consumer that is missing nobody answers. */
  #pull(subject: string, { reply = "", data }: Published): null | undefined {
    const [stream = "", consumer = ""] = subject.split(".").slice(-2);
    const found = this.#streams.get(stream)?.consumers.get(consumer);
    if (!found) return undefined;
    found.pull(JSON.parse(data.toString()) as PullRequest, this.#deps.receiver(reply));
    return null;
  }

  #request(subject: string, body: string): object | undefined {
    const [kind, verb = "", stream = "", consumer = ""] = subject.slice(api.length).split(".");
    if (kind === "STREAM") return this.#ofStream(verb, stream, body);
    const kept = this.#streams.get(stream);
    return kept ? this.#ofConsumer(verb, kept, { name: consumer, body }) : noStream;
  }

  #ofStream(verb: string, name: string, body: string): object | undefined {
    const { now } = this.#deps;
    if (verb === "CREATE" && !this.#streams.has(name)) {
      const stream = new MemoryStream(JSON.parse(body) as StreamConfig, now);
      this.#streams.set(name, { stream, consumers: new Map() });
    }
    const kept = this.#streams.get(name);
    if (!kept) return noStream;
    const { subjects_filter } = body === "" ? {} : (JSON.parse(body) as { subjects_filter?: string });
    return verb === "INFO" || verb === "CREATE" ? streamInfo(kept, { subjects_filter, now }) : undefined;
  }

  #ofConsumer(
    verb: string,
    kept: Kept,
    { name, body }: { readonly name: string; readonly body: string },
  ): object | undefined {
    if (verb === "CREATE") return this.#create(kept, JSON.parse(body) as CreateRequest);
    const consumer = kept.consumers.get(name);
    if (!consumer) return refusal(404, 10014, "consumer not found");
    if (verb === "INFO") return consumer.info;
    if (verb === "DELETE") return { success: this.#drop(kept, name) };
    if (verb !== "RESET") return undefined;
    consumer.reset((JSON.parse(body) as { seq: number }).seq);
    return consumer.info;
  }

  #create(kept: Kept, { config, action }: CreateRequest): object {
    const known = kept.consumers.get(config.name);
    if (known && isSame(known.config, config)) return known.info;
    if (known && action === "create") return refusal(400, 10148, "consumer already exists");
    if (known) return refusal(500, 10012, "deliver policy can not be updated");
    const consumer = new MemoryConsumer(config, {
      ...this.#deps,
      stream: kept.stream,
      created: this.#moment(),
      onInactive: () => this.#drop(kept, config.name),
    });
    kept.consumers.set(config.name, consumer);
    return consumer.info;
  }

  #drop({ consumers }: Kept, name: string): boolean {
    consumers.get(name)?.close([409, "Consumer Deleted"]);
    return consumers.delete(name);
  }

  /** To the nanosecond, so that no two are the same. */
  #moment(): string {
    this.#made = (this.#made + 1) % 1_000_000;
    return new Date(this.#deps.now()).toISOString().replace("Z", `${String(this.#made).padStart(6, "0")}Z`);
  }
}

interface CreateRequest {
  readonly config: ConsumerConfig;
  readonly action: string;
}

const start = ["filter_subject", "deliver_policy", "opt_start_seq", "opt_start_time"] as const;

function isSame(one: ConsumerConfig, other: ConsumerConfig): boolean {
  return start.every((field) => one[field] === other[field]);
}

function refusal(code: number, err_code: number, description: string): object {
  return { error: { code, err_code, description } };
}

const noStream = refusal(404, 10059, "stream not found");

function streamInfo(
  { stream, consumers }: Kept,
  { subjects_filter, now }: { readonly subjects_filter: string | undefined; readonly now: () => number },
): object {
  const { config, created, firstSeq, lastSeq } = stream;
  const all = [...stream.from(1, ">")];
  const [first] = all;
  const named = subjects_filter === undefined ? [] : [...stream.from(1, subjects_filter)];
  const state = {
    messages: all.length,
    bytes: all.reduce((sum, { data }) => sum + data.length, 0),
    first_seq: firstSeq,
    first_ts: new Date(first?.at ?? 0).toISOString(),
    last_seq: lastSeq,
    consumer_count: consumers.size,
    ...(named.length > 0 && { subjects: Object.fromEntries(named.map(({ subject }) => [subject, 1])) }),
  };
  return { config, created: new Date(created).toISOString(), state, ts: new Date(now()).toISOString() };
}
