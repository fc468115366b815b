import {
  createResponder,
  createScope,
  errorFields,
  type Operation,
  onAbort,
  type Session,
} from "@cotal/session";
import { CotalError, serviceName, type Token } from "@cotal/subjects";
import { createSignatureVerifier } from "@cotal/wire";
import type { Leadership } from "./leadership.ts";

type Operations = Readonly<Record<string, Operation>>;

export interface ServedOperations {
  readonly agents: Operations;
  readonly admin: Operations;
}

export interface ServiceOptions {
  readonly session: Session;
  readonly space: Token;
  readonly leadership: Pick<Leadership, "shard" | "signal">;
}

/**
 * Answers for a shard for as long as it is led: while nobody does, the broker says to whoever asks that
 * nobody leads. Resolves when the broker hands out questions; rejects when the lead was lost before.
 */
export async function serveShard(
  { session, space, leadership }: ServiceOptions,
  { agents, admin }: ServedOperations,
): Promise<void> {
  const { shard, signal } = leadership;
  const { clock, log, connection } = session;
  const scope = createScope({
    clock,
    onFault: (label, error) =>
      log({ level: "warn", event: "delivery.service", fields: { shard, label, ...errorFields(error) } }),
  });
  const end = session.scope.defer(() => scope.dispose());
  scope.defer(onAbort(signal, () => void end()));
  const policy = {
    maxBytes: connection.info?.max_payload ?? defaultMaxBytes,
    signatures: createSignatureVerifier({ now: session.brokerClock.now }),
  };
  const bind = (service: Token, operations: Operations): Promise<void> =>
    createResponder({
      space,
      service,
      policy,
      operations: whileLed(operations, signal),
      clock,
      log,
    }).attach({ ...session, scope });
  await bind(serviceName.deliveryAdmin(shard), admin);
  await bind(serviceName.delivery(shard), agents);
  signal.throwIfAborted();
}

/** The broker says what it takes when it greets; this is its default. */
const defaultMaxBytes = 1024 * 1024;

/**
 * Whoever has lost the lead does not know what became of what it had in hand: its own answer to that would
 * count for nothing.
 */
function whileLed(operations: Operations, signal: AbortSignal): Operations {
  const guarded =
    (operation: Operation): Operation =>
    async (args, call) => {
      const [outcome] = await Promise.allSettled([operation(args, call)]);
      if (signal.aborted) throw leadLost();
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    };
  return Object.fromEntries(Object.entries(operations).map(([op, operation]) => [op, guarded(operation)]));
}

function leadLost(): CotalError {
  return new CotalError("outcome-unknown", "the lead of the shard was lost while this was done", {
    hint: "ask again: whoever leads now knows what became of it",
  });
}
