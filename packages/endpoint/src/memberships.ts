import { backoffMs, brokerError, type RetryPolicy, type Session, sleep } from "@cotal/session";
import { type Channel, CotalError } from "@cotal/subjects";
import type { Durability } from "./channel-state.ts";
import type { Core } from "./core.ts";
import type { DeliveryService } from "./delivery-service.ts";
import {
  type Membership,
  type MembershipCommand,
  type MembershipEvent,
  transition,
} from "./membership-reconciler.ts";
import type { PastReader } from "./parts.ts";
import { createWaiters } from "./waiters.ts";

/** What may be shown of a membership. */
export interface MembershipState {
  readonly durable: Exclude<Durability, "not-durable">;
  readonly reason?: string | undefined;
  readonly generation?: number | undefined;
}

/** The durable memberships of this peer: each is brought to what is wanted for as long as it takes. */
export interface Memberships {
  /** It is to be held. What was posted after `since` is to be kept; of what is posted from now on, when absent. */
  want(channel: Channel, since?: number): void;
  /** It is not to be held any more. */
  end(channel: Channel): void;
  /** Resolves once it is known not to be held. Rejects when that cannot be had now; it is wanted as before then. */
  leave(channel: Channel): Promise<void>;
  /** Resolves when no request for it is under way. */
  settled(channel: Channel, signal?: AbortSignal): Promise<void>;
  /** `undefined` when none is held or wanted. */
  state(channel: Channel): MembershipState | undefined;
  readonly channels: readonly Channel[];
  /** Takes what is left to do to a new connection. */
  attach(session: Session): void;
}

export interface MembershipsDeps {
  readonly service: DeliveryService;
  readonly past: PastReader;
  readonly onChange: (channel: Channel) => void;
  readonly random?: () => number;
}

/** Asking again for a membership, or for its end. */
const askPolicy: RetryPolicy = {
  baseMs: 2_000,
  capMs: 30_000,
  limit: { unboundedBecause: "a membership is wanted, or not, until somebody says otherwise" },
};
const leastWaitMs = 1_000;

interface Known {
  membership: Membership | undefined;
  /** Of the last request that failed. */
  failure: CotalError | undefined;
  /** Another one for each wait; a wait that is not the last has no effect. */
  wait: number;
}

export function createMemberships(core: Core, deps: MembershipsDeps): Memberships {
  const { service, past, onChange, random = Math.random } = deps;
  const known = new Map<Channel, Known>();
  const waiters = createWaiters();
  let current: Session | undefined;

  const dispatch = (channel: Channel, event: MembershipEvent): void => {
    const entry = known.get(channel) ?? { membership: undefined, failure: undefined, wait: 0 };
    const [next, command] = transition(entry.membership, event);
    const changed = next !== entry.membership;
    entry.membership = next;
    if (event.kind === "joined") entry.failure = undefined;
    if (next) known.set(channel, entry);
    else known.delete(channel);
    if (command) execute(channel, command, entry);
    if (!changed) return;
    onChange(channel);
    waiters.wake();
  };

  const execute = (channel: Channel, command: MembershipCommand, entry: Known): void => {
    entry.wait++;
    switch (command.kind) {
      case "join":
        void askJoin(channel, command.since).then((event) => dispatch(channel, event));
        return;
      case "leave":
        void askLeave(channel, command.generation).then((event) => dispatch(channel, event));
        return;
      case "wait":
        dueLater(channel, entry, command.attempt);
    }
  };

  /** Waits with the connection: a new one makes everything due. */
  const dueLater = (channel: Channel, entry: Known, attempt: number): void => {
    const mine = entry.wait;
    const delayMs = Math.max(leastWaitMs, backoffMs(askPolicy, attempt, random()));
    current?.scope.spawn("membership", async (signal) => {
      await sleep(core.clock, delayMs, signal);
      if (entry.wait === mine) dispatch(channel, { kind: "due" });
    });
  };

  const failed = (channel: Channel, error: unknown): CotalError => {
    const failure = brokerError(error);
    const entry = known.get(channel);
    const news = entry && entry.failure?.code !== failure.code;
    if (entry) entry.failure = failure;
    if (news) core.fault("channels", failure);
    return failure;
  };

  const askJoin = async (channel: Channel, since: number | undefined): Promise<MembershipEvent> => {
    try {
      const from = since ?? (await past.frontier(core.session(), channel));
      const answer = await service.join(channel, from);
      if (answer.kind === "held") return { kind: "joined", generation: answer.generation };
      core.events.emit("gap", { channel, fromSeq: from + 1, reason: "retention" });
      return { kind: "join-failed", code: failed(channel, evicted(channel)).code, evicted: true };
    } catch (error) {
      return { kind: "join-failed", code: failed(channel, error).code };
    }
  };

  const askLeave = async (channel: Channel, generation: number | undefined): Promise<MembershipEvent> => {
    try {
      await service.leave(channel, generation);
      return { kind: "left" };
    } catch (error) {
      const { code } = failed(channel, error);
      return { kind: "leave-failed", code, certain: !uncertain.has(code) };
    }
  };

  const settled = (channel: Channel, signal?: AbortSignal): Promise<void> =>
    waiters.until(() => !isAsking(known.get(channel)?.membership), signal);

  return {
    want: (channel, since) => dispatch(channel, { kind: "want", ...(since !== undefined && { since }) }),
    end: (channel) => dispatch(channel, { kind: "end" }),
    leave: async (channel) => {
      dispatch(channel, { kind: "try-leave" });
      await settled(channel);
      const entry = known.get(channel);
      if (entry) throw notLeft(channel, entry.failure);
    },
    settled,
    state: (channel) => {
      const membership = known.get(channel)?.membership;
      return membership && stateOf(membership);
    },
    get channels() {
      return [...known.keys()];
    },
    attach: (session) => {
      current = session;
      for (const channel of known.keys()) dispatch(channel, { kind: "due" });
    },
  };
}

/** After these the service may have done what it was asked. */
const uncertain: ReadonlySet<string> = new Set([
  "outcome-unknown",
  "connection-lost",
  "bad-reply",
  "internal",
]);

/** With these the link is to blame, or the time: more is not known. */
const passing: ReadonlySet<string> = new Set([
  "outcome-unknown",
  "connection-lost",
  "reconnecting",
  "evicted",
]);

function isAsking(membership: Membership | undefined): boolean {
  return membership?.kind === "joining" || membership?.kind === "leaving";
}

function stateOf(membership: Membership): MembershipState {
  switch (membership.kind) {
    case "joining":
      return { durable: "pending" };
    case "unheld":
      return {
        durable: passing.has(membership.code) ? "pending" : "unavailable",
        reason: reasonOf(membership.code),
      };
    case "held":
      return { durable: "held", generation: membership.generation };
    case "leaving":
      return { durable: "closing", generation: membership.generation };
    case "unleft":
      return { durable: "closing", generation: membership.generation, reason: reasonOf(membership.code) };
  }
}

function reasonOf(code: string): string {
  return code === "no-responders" ? "delivery-unavailable" : code;
}

function evicted(channel: Channel): CotalError {
  return new CotalError("evicted", `posts of ${channel} are not kept any more that were to be delivered`, {
    hint: "the membership is asked for again, from now on",
    data: { channel },
  });
}

function notLeft(channel: Channel, cause: CotalError | undefined): CotalError {
  if (cause && cause.code !== "no-responders") return cause;
  return new CotalError("delivery-unavailable", `the membership of ${channel} cannot be ended now`, {
    hint: "the delivery service does not answer; one is still in the channel; try again when it runs",
    data: { channel },
    cause,
  });
}
