import type { NatsConnection } from "@nats-io/nats-core";
import type { BrokerClock } from "./broker-clock.ts";
import type { Clock } from "./clock.ts";
import type { Denials } from "./denials.ts";
import type { FaultPoints } from "./fault-points.ts";
import type { Log } from "./log.ts";
import type { Requests } from "./requests.ts";
import type { Scope } from "./scope.ts";

/** What every part of a program shares: time, the log, and the places at which tests interfere. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: FaultPoints;
}

/** One connection and everything that lives and dies with it. */
export interface Session extends Surroundings {
  readonly epoch: number;
  readonly connection: NatsConnection;
  /** A fresh subject for replies, below what the credential may subscribe to. */
  inbox(): string;
  /** Ends before the connection is closed, or as soon as it is lost. */
  readonly scope: Scope;
  /** What the broker refused on this connection, by subject. */
  readonly denials: Denials;
  /** What is asked on this connection, of streams and of the broker's API. */
  readonly requests: Requests;
  /** Under what the API of the streams is asked. */
  readonly apiRoot: string;
  /** Learns from each answer of the broker's API; it outlives the session. */
  readonly brokerClock: BrokerClock;
}

export type Health =
  | { readonly kind: "ok" }
  | { readonly kind: "degraded" | "down"; readonly code: string; readonly since: number };

/** Something that works on a connection, bound anew on each. */
export interface Capability {
  readonly name: string;
  /** Without a required one the link is not live. */
  readonly required: boolean;
  attach(session: Session): Promise<void>;
  health(): Health;
}
