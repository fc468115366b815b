import { CotalError } from "@cotal/subjects";
import { createInbox, type NatsConnection } from "@nats-io/nats-core";
import type { BrokerClock } from "./broker-clock.ts";
import { brokerError } from "./broker-errors.ts";
import { withDeadline } from "./clock.ts";
import { watchDenials } from "./denials.ts";
import { createRequests } from "./requests.ts";
import { createScope, type Scope } from "./scope.ts";
import type { Capability, Session, Surroundings } from "./session.ts";

export interface EpochOptions extends Surroundings {
  readonly epoch: number;
  readonly inboxPrefix?: string;
  /** Asked once it is open. */
  readonly apiRoot: () => string;
  readonly brokerClock: BrokerClock;
  readonly open: () => Promise<NatsConnection>;
  readonly capabilities: readonly Capability[];
  readonly onFault: (label: string, error: unknown) => void;
  readonly onOpened: () => void;
  /** Called once when the connection is gone or given up, before anything is released. */
  readonly onLost: () => void;
  /** Called exactly once, when nothing of the epoch is left. */
  readonly onEnded: (error: CotalError) => void;
}

/** One connection from its dial to its end. */
export interface Epoch {
  /** Attaches every capability. A required one that fails ends the epoch. */
  bind(): Promise<Session>;
  /** Releases everything, then closes the connection. */
  close(): void;
}

const bindTimeoutMs = 20_000;
/** A release that hangs must not hold up the next connection. */
const releaseTimeoutMs = 10_000;

export function openEpoch(options: EpochOptions): Epoch {
  const { clock, log, faults, epoch, open, capabilities, onFault, onOpened, onLost, onEnded } = options;
  const scope = createScope({ clock, onFault });
  let session: Session | undefined;
  let ending: Promise<CotalError> | undefined;

  const finish = async (cause: CotalError): Promise<CotalError> => {
    onLost();
    await release(scope, options);
    await session?.connection.close().catch((error) => onFault("close", error));
    return cause;
  };
  /** Releases everything, once, and gives the first reason it was called with. */
  const end = (cause: CotalError): Promise<CotalError> => {
    ending ??= finish(cause);
    return ending;
  };

  const run = async (): Promise<CotalError> => {
    const connection = await open();
    const denials = watchDenials(connection, scope);
    const inbox = (): string => createInbox(options.inboxPrefix);
    scope.defer(() => connection.close());
    session = {
      epoch,
      connection,
      inbox,
      scope,
      denials,
      requests: createRequests({ connection, denials, clock, inbox }),
      apiRoot: options.apiRoot(),
      brokerClock: options.brokerClock,
      clock,
      log,
      faults,
    };
    if (!scope.signal.aborted) onOpened();
    const reason = await connection.closed();
    return end(reason ? brokerError(reason) : lost());
  };

  void run()
    .catch((error) => end(brokerError(error)))
    .then(onEnded);

  return {
    bind: async () => {
      if (!session) throw lost();
      const bound = session;
      try {
        await withDeadline(clock, attachAll(bound, capabilities, onFault), {
          timeoutMs: bindTimeoutMs,
          signal: scope.signal,
          onLate: () => Promise.reject(new CotalError("outcome-unknown", "binding took too long")),
        });
      } catch (error) {
        void end(brokerError(error));
        throw error;
      }
      return bound;
    },
    close: () => void end(new CotalError("connection-lost", "the connection was closed on purpose")),
  };
}

async function attachAll(
  session: Session,
  capabilities: readonly Capability[],
  onFault: (label: string, error: unknown) => void,
): Promise<void> {
  await Promise.all(
    capabilities.map((capability) =>
      capability.attach(session).catch((error) => {
        if (capability.required) throw error;
        onFault(capability.name, error);
      }),
    ),
  );
}

async function release(scope: Scope, { clock, onFault }: EpochOptions): Promise<void> {
  await withDeadline(clock, scope.dispose(), {
    timeoutMs: releaseTimeoutMs,
    onLate: () => Promise.reject(new CotalError("outcome-unknown", "a release took too long")),
  }).catch((error) => onFault("release", error));
}

function lost(): CotalError {
  return new CotalError("connection-lost", "the connection has ended");
}
