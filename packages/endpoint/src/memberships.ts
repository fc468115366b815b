import { backoffMs, errorFields, type RetryPolicy, type Session, sleep } from "@cotal/session";
import { type Channel, CotalError } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { DeliveryService } from "./delivery-service.ts";
import {
  type Membership,
  type MembershipCommand,
  type MembershipEvent,
  transition,
} from "./membership-reconciler.ts";
import { createMembershipRequests, type MembershipRequestsDeps } from "./membership-requests.ts";
import { type MembershipState, membershipStateOf } from "./membership-state.ts";
import { createWaiters } from "./waiters.ts";

/** The durable memberships of this peer: each is brought to what is wanted for as long as it takes. */
export interface Memberships {
  /** It is to be held. What was posted after `since` is to be kept; of what is posted from now on, when absent. */
  want(channel: Channel, since?: number): void;
  /** Learns which of these are held from an earlier life of this program. The answer says whether that can be learned. */
  find(channels: readonly Channel[]): Promise<"known" | "unknown">;
  /** It is not to be held any more. */
  end(channel: Channel): void;
  /** Resolves once it is known not to be held. Rejects when that cannot be had now; it is wanted as before then. */
  leave(channel: Channel): Promise<void>;
  /** Resolves when no request for it is under way. */
  settled(channel: Channel, signal?: AbortSignal): Promise<void>;
  /** It is asked for from a place in the stream on: what was posted since will come as copies. */
  isAskedFor(channel: Channel): boolean;
  /** `undefined` when none is held or wanted. */
  state(channel: Channel): MembershipState | undefined;
  readonly channels: readonly Channel[];
  /** Takes what is left to do to a new connection. */
  attach(session: Session): void;
}

export interface MembershipsDeps extends MembershipRequestsDeps {
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
  /** Another one for each wait; a wait that is not the last has no effect. */
  wait: number;
}

export function createMemberships(core: Core, deps: MembershipsDeps): Memberships {
  const { service, past, onChange, random = Math.random } = deps;
  const known = new Map<Channel, Known>();
  const waiters = createWaiters();
  let current: Session | undefined;

  const requests = createMembershipRequests(core, { service, past });

  const dispatch = (channel: Channel, event: MembershipEvent): void => {
    const entry = known.get(channel) ?? { membership: undefined, wait: 0 };
    const [next, command] = transition(entry.membership, event);
    const changed = next !== entry.membership;
    entry.membership = next;
    if (next) known.set(channel, entry);
    else known.delete(channel);
    if (command) execute(channel, command, entry);
    if (!changed) return;
    onChange(channel);
    waiters.wake();
  };

  const execute = (channel: Channel, command: MembershipCommand, entry: Known): void => {
    entry.wait++;
    const tell = (event: MembershipEvent): void => dispatch(channel, event);
    if (command.kind === "join") void requests.join(channel, command.since).then(tell);
    else if (command.kind === "leave") void requests.leave(channel, command.generation).then(tell);
    else dueLater(channel, entry, command.attempt);
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

  const settled = (channel: Channel, signal?: AbortSignal): Promise<void> =>
    waiters.until(() => !isAsking(known.get(channel)?.membership), signal);

  return {
    find: async (channels) => {
      const held = channels.length === 0 ? nothingHeld : await heldNow(core, service);
      for (const [channel, generation] of held ?? nothingHeld) {
        if (channels.includes(channel)) dispatch(channel, { kind: "found", generation });
      }
      return held === undefined ? "unknown" : "known";
    },
    want: (channel, since) => dispatch(channel, { kind: "want", since }),
    end: (channel) => dispatch(channel, { kind: "end" }),
    leave: async (channel) => {
      dispatch(channel, { kind: "try-leave" });
      await settled(channel);
      if (known.has(channel)) throw notLeft(channel, requests.failureOf(channel));
    },
    settled,
    isAskedFor: (channel) => isAskedFor(known.get(channel)?.membership),
    state: (channel) => shown(known.get(channel)?.membership),
    get channels() {
      return [...known.keys()];
    },
    attach: (session) => {
      current = session;
      for (const channel of known.keys()) dispatch(channel, { kind: "due" });
    },
  };
}

const nothingHeld: ReadonlyMap<Channel, number> = new Map();

async function heldNow(
  { log }: Core,
  service: DeliveryService,
): Promise<ReadonlyMap<Channel, number> | undefined> {
  try {
    return await service.held();
  } catch (error) {
    // They are asked for as if none were held, which tells what is wrong.
    log({ level: "info", event: "endpoint.memberships-unknown", fields: errorFields(error) });
    return undefined;
  }
}

function shown(membership: Membership | undefined): MembershipState | undefined {
  return membership && membershipStateOf(membership);
}

function isAskedFor(membership: Membership | undefined): boolean {
  const isWanted = membership?.kind === "joining" || membership?.kind === "unheld";
  return isWanted && membership.since !== undefined;
}

function isAsking(membership: Membership | undefined): boolean {
  return membership?.kind === "joining" || membership?.kind === "leaving";
}

function notLeft(channel: Channel, cause: CotalError | undefined): CotalError {
  if (cause && cause.code !== "no-responders") return cause;
  return new CotalError("delivery-unavailable", `the membership of ${channel} cannot be ended now`, {
    hint: "the delivery service does not answer; one is still in the channel; try again when it runs",
    data: { channel },
    cause,
  });
}
