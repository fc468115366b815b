import type { NatsConnection, Subscription, SubscriptionOptions } from "@nats-io/nats-core";
import { brokerError } from "./broker-errors.ts";

/** The client's own `subscribe`, which throws when the connection has ended; here with a code. */
export function listen(
  connection: NatsConnection,
  subject: string,
  options: SubscriptionOptions,
): Subscription {
  try {
    return connection.subscribe(subject, options);
  } catch (error) {
    throw brokerError(error);
  }
}
