import type { CotalError } from "@cotal/subjects";
import type { Msg } from "@nats-io/nats-core";
import { brokerError } from "./broker-errors.ts";
import { flush } from "./flush.ts";
import { listen } from "./listen.ts";
import type { Release } from "./scope.ts";
import type { Session } from "./session.ts";

export interface SubscribeOptions {
  readonly subject: string;
  /** Subscribers of one queue share what arrives. */
  readonly queue?: string;
  readonly onMessage: (message: Msg) => void;
  /** The broker has taken the subscription away after it stood. */
  readonly onRefused?: (error: CotalError) => void;
}

/**
 * Subscribes and waits for the broker's word. It says no before it answers the ping that follows, so
 * when this resolves the subscription stands; refused, it rejects with `not-allowed`.
 */
export async function subscribe(session: Session, options: SubscribeOptions): Promise<Release> {
  const { connection, scope } = session;
  const { subject, queue, onMessage, onRefused } = options;
  let refusal: CotalError | undefined;
  let stands = false;
  const subscription = listen(connection, subject, {
    ...(queue !== undefined && { queue }),
    callback: (error, message) => {
      if (!error) return onMessage(message);
      refusal = brokerError(error);
      if (stands) onRefused?.(refusal);
    },
  });
  const release = scope.defer(() => subscription.unsubscribe());
  try {
    await flush(session);
  } catch (error) {
    await release();
    throw error;
  }
  if (refusal) {
    await release();
    throw refusal;
  }
  stands = true;
  return release;
}
