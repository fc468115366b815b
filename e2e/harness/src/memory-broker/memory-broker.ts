import type { Clock } from "@cotal/session";
import type { Transport } from "@nats-io/transport-node";
import { type ClientFrame, type Published, readFrames } from "./client-frames.ts";
import type { PullReceiver } from "./memory-consumer.ts";
import { type Line, memoryTransport, type Party } from "./memory-transport.ts";
import { StreamService } from "./stream-service.ts";
import { matches } from "./subject-match.ts";

/** What is wrong with the broker or the way to it, at the moment. */
export interface Weather {
  /** From a write of the broker until the client has it. */
  latencyMs: number;
  /** Nobody listens. */
  isDown: boolean;
  /** Connections stand, but nothing comes over them. */
  isDeaf: boolean;
  /** The streams have no leader: nobody answers for them. */
  isLeaderless: boolean;
  /** Whether the answer to this request is lost, after it was carried out. */
  losesAnswer: (subject: string) => boolean;
}

/** A broker of one process that speaks the protocol of the real one, as far as a peer of an open space uses it. */
export interface MemoryBroker {
  readonly url: string;
  readonly transport: () => Transport;
  readonly weather: Weather;
  /** How many of its own timers wait. */
  readonly timers: number;
  readonly connections: number;
  /** Cuts all connections. */
  cut(): void;
  /** As a process that ends and begins: connections and what is in memory are gone. */
  restart(): void;
  purge(stream: string): void;
}

interface Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  left: number;
}

interface Client {
  readonly line: Line;
  readonly subscriptions: Map<string, Subscription>;
  /** What waits for its way to the client. */
  outgoing: Buffer[];
}

const maxPayload = 1024 * 1024;
/** Nothing is wrong. */
export const calm: Readonly<Weather> = {
  latencyMs: 1,
  isDown: false,
  isDeaf: false,
  isLeaderless: false,
  losesAnswer: () => false,
};

export function createMemoryBroker(clock: Clock): MemoryBroker {
  return new Broker(clock);
}

class Broker implements MemoryBroker {
  readonly url = "nats://127.0.0.1:1";
  readonly weather: Weather = { ...calm };
  readonly #clients = new Set<Client>();
  readonly #timers = new Set<symbol>();
  readonly #clock: Clock;
  readonly #streams: StreamService;

  constructor(clock: Clock) {
    this.#clock = clock;
    // The broker's time goes on evenly, whatever becomes of the wall clock of its clients.
    const epoch = clock.now() - clock.uptime();
    this.#streams = new StreamService({
      now: () => Math.floor(epoch + clock.uptime()),
      after: this.#after,
      receiver: (reply) => this.#receiver(reply),
    });
  }

  get timers(): number {
    return this.#timers.size;
  }

  get connections(): number {
    return this.#clients.size;
  }

  readonly transport = (): Transport =>
    memoryTransport({
      accept: async (line) => {
        if (this.weather.isDown)
          throw Object.assign(new Error("connection refused"), { syscall: "connect", code: "ECONNREFUSED" });
        return this.#accept(line);
      },
    });

  cut(): void {
    for (const { line } of [...this.#clients]) line.cut();
  }

  restart(): void {
    this.cut();
    this.#streams.restart();
  }

  purge(stream: string): void {
    this.#streams.purge(stream);
  }

  #accept(line: Line): Party {
    const client: Client = { line, subscriptions: new Map(), outgoing: [] };
    this.#clients.add(client);
    const info = { server_id: "memory", version: "2.14.0", proto: 1, headers: true, max_payload: maxPayload };
    this.#write(client, `INFO ${JSON.stringify(info)}\r\n`);
    return {
      hear: (bytes) => {
        if (this.weather.isDeaf) return;
        for (const frame of readFrames(bytes)) this.#obey(client, frame);
      },
      gone: () => {
        this.#clients.delete(client);
        client.outgoing = [];
        this.#streams.dropUnheard();
      },
    };
  }

  #obey(client: Client, frame: ClientFrame): void {
    switch (frame.kind) {
      case "connect":
      case "pong":
        return;
      case "ping":
        this.#write(client, "PONG\r\n");
        return;
      case "sub":
        client.subscriptions.set(frame.sid, { ...frame, left: Number.POSITIVE_INFINITY });
        return;
      case "unsub":
        this.#unsubscribe(client, frame);
        return;
      case "pub":
        this.#publish(client, frame);
    }
  }

  #unsubscribe({ subscriptions }: Client, { sid, max }: ClientFrame & { kind: "unsub" }): void {
    const subscription = subscriptions.get(sid);
    if (max === undefined) subscriptions.delete(sid);
    else if (subscription) subscription.left = max;
  }

  #publish(client: Client, message: Published): void {
    const heard = this.#route(message.subject, message);
    const answer = this.#answer(message);
    if (message.reply === undefined || answer === null) return;
    if (answer !== undefined) {
      if (!this.weather.losesAnswer(message.subject))
        this.#route(message.reply, { subject: message.reply, data: Buffer.from(JSON.stringify(answer)) });
    } else if (heard === 0) this.#noResponders(client, message.reply);
  }

  #answer(message: Published): object | null | undefined {
    return this.weather.isLeaderless ? null : this.#streams.take(message);
  }

  #noResponders(client: Client, reply: string): void {
    const headers = Buffer.from("NATS/1.0 503\r\n\r\n");
    for (const [sid, { subject }] of client.subscriptions) {
      if (!matches(subject, reply)) continue;
      this.#hand(client, sid, { subject: reply, headers, data: Buffer.alloc(0) });
      return;
    }
  }

  /** Gives a message to all who listen on `subject`, one of each queue; the answer is how many. */
  #route(subject: string, message: Published): number {
    const served = new Set<string>();
    let heard = 0;
    for (const [client, sid, { queue }] of this.#subscribers(subject)) {
      if (queue !== undefined && served.has(queue)) continue;
      if (queue !== undefined) served.add(queue);
      this.#hand(client, sid, message);
      heard++;
    }
    return heard;
  }

  *#subscribers(subject: string): Generator<readonly [Client, string, Subscription], undefined> {
    for (const client of this.#clients) {
      for (const [sid, subscription] of client.subscriptions) {
        if (matches(subscription.subject, subject)) yield [client, sid, subscription];
      }
    }
  }

  #hand(client: Client, sid: string, { subject, reply, headers, data }: Published): void {
    const subscription = client.subscriptions.get(sid);
    if (subscription && --subscription.left <= 0) client.subscriptions.delete(sid);
    const to = reply === undefined ? "" : `${reply} `;
    const size = data.length + (headers?.length ?? 0);
    const line = headers
      ? `HMSG ${subject} ${sid} ${to}${headers.length} ${size}\r\n`
      : `MSG ${subject} ${sid} ${to}${size}\r\n`;
    this.#write(client, line, ...(headers ? [headers] : []), data, "\r\n");
  }

  #receiver(reply: string): PullReceiver {
    return {
      isHeard: () => this.#subscribers(reply).next().done !== true,
      entry: ({ subject, headers, data }, ackSubject) =>
        this.#route(reply, { subject, headers, data, reply: ackSubject }) > 0,
      status: (code, text, fields = {}) => {
        if (this.weather.isLeaderless) return true;
        const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
        const headers = Buffer.from(`NATS/1.0 ${code} ${text}\r\n${lines.join("")}\r\n`);
        return this.#route(reply, { subject: reply, headers, data: Buffer.alloc(0) }) > 0;
      },
    };
  }

  /** What is written before it leaves goes with it, as over a socket. */
  #write(client: Client, ...parts: readonly (string | Buffer)[]): void {
    const isFirst = client.outgoing.length === 0;
    for (const part of parts) client.outgoing.push(typeof part === "string" ? Buffer.from(part) : part);
    if (isFirst) this.#after(this.weather.latencyMs, () => this.#send(client));
  }

  #send(client: Client): void {
    const bytes = Buffer.concat(client.outgoing);
    client.outgoing = [];
    if (client.line.isOpen && !this.weather.isDeaf && bytes.length > 0) client.line.write(bytes);
  }

  readonly #after: Clock["after"] = (delayMs, task) => {
    const timer = Symbol();
    this.#timers.add(timer);
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      task();
    });
    return () => {
      this.#timers.delete(timer);
      cancel();
    };
  };
}
