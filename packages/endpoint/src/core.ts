import type { BrokerClock, Session, Surroundings } from "@cotal/session";
import type { OwnerId, Token } from "@cotal/subjects";
import type { AgentCard, Policy, ReplayGuard, Signer } from "@cotal/wire";
import type { Events } from "./events.ts";

/**
 * What a program wants to be: a peer, somebody who only watches, or somebody who only sends and asks; or a second
 * program of a peer, which reads and sends beside the one that is it, and takes nothing from its queues.
 */
export type Mode = "peer" | "observer" | "sender" | "beside";

export interface Self {
  readonly id: OwnerId;
  readonly name: string;
  readonly role: Token | undefined;
  readonly card: AgentCard;
}

/** What the parts of one endpoint share. It outlives every connection. */
export interface Core extends Surroundings {
  readonly space: Token;
  readonly self: Self;
  readonly mode: Mode;
  /** An open space has no credentials, and so no signatures. */
  readonly open: boolean;
  readonly signer: Signer | undefined;
  readonly brokerClock: BrokerClock;
  readonly events: Events;
  /** The session of the live link; throws `reconnecting`, or `stopped`. */
  session(): Session;
  /** Resolves once the link is live; what is bound to a connection comes before that. */
  untilLive(signal: AbortSignal): Promise<void>;
  /** What is asked of everything that arrives. A route that takes live messages brings its guard. */
  policy(session: Session, guard?: ReplayGuard): Policy;
  /** Notes what went wrong in a part of the endpoint and tells whoever listens. */
  fault(capability: string, error: unknown): void;
}
