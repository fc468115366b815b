import { CotalError } from "@cotal/subjects";
import {
  ClosedConnectionError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NoRespondersError,
  TimeoutError,
} from "@nats-io/nats-core";
import { brokerError } from "./broker-errors.ts";
import type { Clock } from "./clock.ts";
import type { Denials } from "./denials.ts";

export interface Question {
  readonly subject: string;
  readonly data: Uint8Array | string;
  readonly headers?: MsgHdrs | undefined;
  readonly timeoutMs: number;
}

/** The questions of one connection that wait for an answer. They share one subscription and one timer. */
export interface Requests {
  /**
   * The first answer. Rejects with `no-responders` when nobody takes the question, `not-allowed` when the broker
   * forbids it, `outcome-unknown` when no answer came in time, and `connection-lost`.
   */
  ask(question: Question): Promise<Msg>;
  readonly waiting: number;
}

export interface RequestsOptions {
  readonly connection: NatsConnection;
  readonly denials: Denials;
  readonly clock: Clock;
  /** A fresh subject for replies. */
  readonly inbox: () => string;
}

export function createRequests(options: RequestsOptions): Requests {
  return new SharedRequests(options);
}

/** A timer is set for no longer than this. */
const longestMs = 3_600_000;

interface Waiter {
  readonly subject: string;
  /** By the uptime of the clock. */
  readonly until: number;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: CotalError) => void;
}

/**
 * In place of the client's own requests, each of which makes a timer and two errors with their stacks, which costs
 * more than all the rest of it.
 */
class SharedRequests implements Requests {
  readonly #connection: NatsConnection;
  readonly #clock: Clock;
  readonly #root: string;
  /** By the end of their reply subjects, the oldest first. */
  readonly #waiters = new Map<string, Waiter>();
  #asked = 0;
  #isHearing = false;
  #lookAt = Number.POSITIVE_INFINITY;
  #cancelLook: () => void = () => undefined;

  constructor({ connection, denials, clock, inbox }: RequestsOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#root = `${inbox()}.`;
    denials.watch(({ operation, subject, error }) => {
      if (operation === "publish") this.#refuse(subject, error);
    });
    void connection.closed().then(() => this.#failAll(brokerError(new ClosedConnectionError())));
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  ask({ subject, data, headers, timeoutMs }: Question): Promise<Msg> {
    if (!(timeoutMs > 0)) return Promise.reject(badTimeout(timeoutMs));
    return new Promise((resolve, reject) => {
      const token = (++this.#asked).toString(36);
      const until = this.#clock.uptime() + timeoutMs;
      try {
        if (!this.#isHearing) this.#hear();
        const reply = this.#root + token;
        this.#connection.publish(subject, data, headers === undefined ? { reply } : { reply, headers });
      } catch (failure) {
        reject(brokerError(failure));
        return;
      }
      this.#waiters.set(token, { subject, until, resolve, reject });
      if (until < this.#lookAt) this.#lookLater(until);
    });
  }

  #hear(): void {
    this.#connection.subscribe(`${this.#root}*`, {
      callback: (error, answer) => {
        if (error) {
          this.#isHearing = false;
          this.#failAll(brokerError(error));
        } else {
          this.#receive(answer);
        }
      },
    });
    this.#isHearing = true;
  }

  #receive(answer: Msg): void {
    const waiter = this.#take(answer.subject.slice(this.#root.length));
    if (!waiter) return;
    if (isUnserved(answer)) waiter.reject(brokerError(new NoRespondersError(waiter.subject)));
    else waiter.resolve(answer);
  }

  /** The broker does not say which publish it refused; one of a subject is as good as another. */
  #refuse(subject: string, error: Error): void {
    for (const [token, waiter] of this.#waiters) {
      if (waiter.subject !== subject) continue;
      this.#waiters.delete(token);
      waiter.reject(brokerError(error));
      return;
    }
  }

  #take(token: string): Waiter | undefined {
    const waiter = this.#waiters.get(token);
    if (waiter) this.#waiters.delete(token);
    return waiter;
  }

  #failAll(error: CotalError): void {
    this.#cancelLook();
    this.#lookAt = Number.POSITIVE_INFINITY;
    const failed = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const { reject } of failed) reject(error);
  }

  /** The timer is set for the first question that may be late; those that were answered meanwhile do not move it. */
  #lookLater(until: number): void {
    const now = this.#clock.uptime();
    this.#cancelLook();
    this.#lookAt = Math.min(until, now + longestMs);
    this.#cancelLook = this.#clock.after(this.#lookAt - now, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.uptime();
    let next = Number.POSITIVE_INFINITY;
    for (const [token, { until, reject }] of this.#waiters) {
      if (until > now) {
        next = Math.min(next, until);
        continue;
      }
      this.#waiters.delete(token);
      reject(brokerError(new TimeoutError()));
    }
    this.#lookAt = Number.POSITIVE_INFINITY;
    if (this.#waiters.size > 0) this.#lookLater(next);
  }
}

function isUnserved({ data, headers }: Msg): boolean {
  return data.length === 0 && headers?.code === 503;
}

function badTimeout(timeoutMs: number): CotalError {
  return new CotalError("bad-options", `${timeoutMs} ms is no time to wait for an answer`, {
    hint: "use a number above 0",
  });
}
