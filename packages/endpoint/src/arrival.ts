import type { Disposition } from "@cotal/session";
import type { Accepted } from "@cotal/wire";

/** The way a message came. */
export type Source = "live" | "backstop" | "dm" | "anycast" | "history";

/** A verified message as one route brings it. */
export interface Arrival {
  readonly accepted: Accepted;
  readonly source: Source;
  readonly bytes: number;
  /** Read back rather than heard. */
  readonly historical: boolean;
  /** Its place in the channel stream, where the route tells it. */
  readonly seq?: number | undefined;
  /** How often its queue has handed it out, from 1; 1 where there is no queue. */
  readonly deliveries: number;
}

/**
 * Where routes bring what arrived. It makes one stream without duplicates of it. It outlives connections.
 */
export interface Intake {
  /** Takes what cannot be settled: live posts and what is read back. */
  offer(arrival: Arrival): void;
  /**
   * Takes an entry of a queue, and answers what becomes of it once that is decided. It goes back when
   * the signal is aborted: then its queue is not served any more.
   */
  take(arrival: Arrival, signal: AbortSignal): Promise<Disposition>;
  /** Forgets live messages that nobody has seen yet; the answer counts them by channel. */
  dropLive(): ReadonlyMap<string, number>;
}
