import { apiRoot, CotalError } from "@cotal/subjects";
import { type BrokerClock, createBrokerClock } from "./broker-clock.ts";
import { type CredentialGate, createCredentialGate } from "./credential-gate.ts";
import { type CredentialSource, type DialOptions, dial } from "./dial.ts";
import { type Epoch, openEpoch } from "./epoch.ts";
import {
  idleLink,
  type LinkCommand,
  type LinkEvent,
  type LinkFailure,
  type LinkState,
  transition,
} from "./link-state.ts";
import { errorFields } from "./log.ts";
import { renewInTime } from "./renewal.ts";
import { backoffMs, redialPolicy } from "./retry.ts";
import type { Capability, Session, Surroundings } from "./session.ts";

export interface LinkOptions extends Surroundings {
  readonly dial: DialOptions;
  readonly credentials: CredentialSource;
  readonly capabilities: readonly Capability[];
  readonly onState?: (state: LinkState) => void;
  /** Told about every failure that stops nothing. */
  readonly onFault?: (label: string, error: unknown) => void;
  /** Waits for a moment at which to change over to a renewed credential; at once unless given. */
  readonly quiet?: (signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  /** Where what the broker's answers say about its time is kept; one of its own unless given. */
  readonly brokerClock?: BrokerClock;
}

/** A connection that is kept: dialled, bound, watched, and dialled anew when it is lost. */
export interface Link extends AsyncDisposable {
  readonly state: LinkState;
  /** The session of the present epoch, while it is live. */
  readonly session: Session | undefined;
  /** Resolves when live. Without `retryFirst` the first failure rejects and stops the link. */
  start(options?: { readonly retryFirst?: boolean }): Promise<Session>;
  /** Dials anew at once; concurrent calls make one rebuild. It rejects when its attempt fails, and the link goes on. */
  reconnect(): Promise<Session>;
  /** Ends the link for good. It resolves when nothing is left of it. */
  stop(): Promise<void>;
}

/** An epoch that was live this long was a good one: the failure after it counts as the first. */
const holdMs = 10_000;

export function createLink(options: LinkOptions): Link {
  return new SupervisedLink(options);
}

class SupervisedLink implements Link {
  readonly #options: LinkOptions;
  readonly #gate: CredentialGate;
  readonly #random: () => number;
  /** Each looks at a new state and answers whether it is done. */
  readonly #waiters = new Set<(state: LinkState) => boolean>();
  readonly #brokerClock: BrokerClock;
  #state: LinkState = idleLink;
  #epoch: Epoch | undefined;
  #session: Session | undefined;
  #liveAt: number | undefined;
  #clearTimer: () => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#brokerClock = options.brokerClock ?? createBrokerClock(options.clock);
    const { credentials: source, clock, random = Math.random } = options;
    this.#gate = createCredentialGate({ source, clock, onFault: this.#fault });
    this.#random = random;
  }

  get state(): LinkState {
    return this.#state;
  }

  get session(): Session | undefined {
    return this.#state.kind === "live" ? this.#session : undefined;
  }

  start({ retryFirst = false }: { readonly retryFirst?: boolean } = {}): Promise<Session> {
    this.#dispatch({ kind: "start", retryFirst });
    return this.#live(() => undefined);
  }

  reconnect(): Promise<Session> {
    const before = this.#state;
    if (before.kind === "idle") return Promise.reject(stopped());
    this.#dispatch({ kind: "reconnect" });
    const wanted =
      "epoch" in before && before.kind !== "dialing" && before.kind !== "binding" ? before.epoch : 0;
    return this.#live(
      (state) => (state.kind === "waiting" && state.epoch > wanted ? state.failure : undefined),
      wanted,
    );
  }

  async stop(): Promise<void> {
    this.#dispatch({ kind: "stop" });
    await this.#until((state) => (state.kind === "stopped" ? state : undefined));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The next live session of an epoch after `after`, unless `failed` or a stop comes first. */
  async #live(failed: (state: LinkState) => LinkFailure | undefined, after = 0): Promise<Session> {
    const outcome = await this.#until((state): Session | LinkFailure | undefined => {
      if (state.kind === "live" && state.epoch > after) return this.#session;
      if (state.kind === "stopped") return state.failure ?? { fatal: true, error: stopped() };
      return failed(state);
    });
    if ("fatal" in outcome) throw outcome.error;
    return outcome;
  }

  /** Resolves with what `look` makes of the present state or the first later one it answers. */
  #until<T>(look: (state: LinkState) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const waiter = (state: LinkState): boolean => {
        const seen = look(state);
        if (seen !== undefined) resolve(seen);
        return seen !== undefined;
      };
      if (!waiter(this.#state)) this.#waiters.add(waiter);
    });
  }

  #dispatch(event: LinkEvent): void {
    const [next, commands] = transition(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const command of commands) this.#execute(command);
    this.#announce(next);
  }

  #announce(state: LinkState): void {
    this.#options.log({ level: "info", event: "link.state", fields: describe(state) });
    for (const waiter of this.#waiters) if (waiter(state)) this.#waiters.delete(waiter);
    try {
      this.#options.onState?.(state);
    } catch (error) {
      this.#fault("state listener", error);
    }
  }

  #execute(command: LinkCommand): void {
    switch (command.kind) {
      case "dial":
        this.#epoch = this.#open(command.epoch);
        return;
      case "bind":
        void this.#bind(command.epoch);
        return;
      case "close":
        this.#epoch?.close();
        return;
      case "set-timer": {
        const delayMs = backoffMs(redialPolicy, command.attempt, this.#random());
        this.#clearTimer = this.#options.clock.after(delayMs, () =>
          this.#dispatch({ kind: "due", epoch: command.epoch }),
        );
        return;
      }
      case "clear-timer":
        this.#clearTimer();
    }
  }

  #open(epoch: number): Epoch {
    const { clock, log, faults, capabilities } = this.#options;
    const { inboxPrefix, apiRoot: asked } = this.#options.dial;
    return openEpoch({
      clock,
      log,
      faults,
      epoch,
      capabilities,
      apiRoot: () => asked ?? this.#gate.used?.apiRoot ?? apiRoot.open,
      brokerClock: this.#brokerClock,
      ...(inboxPrefix !== undefined && { inboxPrefix }),
      open: async () => dial(this.#options.dial, await this.#gate.read()),
      onFault: this.#fault,
      onOpened: () => this.#dispatch({ kind: "opened", epoch }),
      onLost: () => this.#dispatch({ kind: "lost", epoch }),
      onEnded: (error) => void this.#ended(epoch, error),
    });
  }

  async #bind(epoch: number): Promise<void> {
    try {
      this.#session = await this.#epoch?.bind();
    } catch (error) {
      this.#fault("bind", error);
      return;
    }
    this.#liveAt = this.#options.clock.uptime();
    this.#dispatch({ kind: "bound", epoch });
    this.#session?.scope.spawn("renewal", (signal) => this.#renew(signal));
  }

  /** Ends with the epoch, which it may end itself: it waits for none of what it starts. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, quiet = async () => undefined } = this.#options;
    const expiresAt = this.#gate.used?.expiresAt;
    if (expiresAt === undefined) return;
    const work = {
      clock,
      expiresAt,
      quiet,
      random: this.#random,
      ask: this.#gate.ask,
      changeOver: () => this.#dispatch({ kind: "reconnect" }),
      onFault: this.#fault,
    };
    await renewInTime(work, signal);
  }

  async #ended(epoch: number, error: CotalError): Promise<void> {
    const held = this.#liveAt !== undefined && this.#options.clock.uptime() - this.#liveAt >= holdMs;
    this.#liveAt = undefined;
    this.#session = undefined;
    this.#dispatch({ kind: "ended", epoch, held, failure: await this.#gate.judge(error) });
  }

  readonly #fault = (label: string, error: unknown): void => {
    this.#options.log({ level: "warn", event: "link.fault", fields: { label, ...errorFields(error) } });
    this.#options.onFault?.(label, error);
  };
}

function describe(state: LinkState): Record<string, unknown> {
  const failure = "failure" in state && state.failure ? errorFields(state.failure.error) : {};
  return { kind: state.kind, ...("epoch" in state && { epoch: state.epoch }), ...failure };
}

function stopped(): CotalError {
  return new CotalError("stopped", "the link is not running", { hint: "start a new one" });
}
