import { brokerError } from "@cotal/session";
import { type Channel, CotalError } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { DeliveryService } from "./delivery-service.ts";
import type { MembershipEvent } from "./membership-reconciler.ts";
import type { PastReader } from "./parts.ts";

/** Asks for memberships and for their end. Whatever comes of it is an event. */
export interface MembershipRequests {
  join(channel: Channel, since: number | undefined): Promise<MembershipEvent>;
  leave(channel: Channel, generation: number | undefined): Promise<MembershipEvent>;
  /** Of the last request for this channel; `undefined` when it succeeded. */
  failureOf(channel: Channel): CotalError | undefined;
}

export interface MembershipRequestsDeps {
  readonly service: DeliveryService;
  readonly past: Pick<PastReader, "frontier">;
}

export function createMembershipRequests(core: Core, deps: MembershipRequestsDeps): MembershipRequests {
  const { service, past } = deps;
  const failures = new Map<Channel, CotalError>();
  /** The same failure is told once. */
  const codeOf = (channel: Channel, failure: unknown): CotalError["code"] => {
    const error = brokerError(failure);
    if (failures.get(channel)?.code !== error.code) core.fault("channels", error);
    failures.set(channel, error);
    return error.code;
  };
  return {
    join: async (channel, since) => {
      try {
        const from = since ?? (await past.frontier(core.session(), channel));
        const answer = await service.join(channel, from);
        if (answer.kind === "held") {
          failures.delete(channel);
          return { kind: "joined", generation: answer.generation };
        }
        core.events.emit("gap", { channel, fromSeq: from + 1, reason: "retention" });
        return { kind: "join-failed", code: codeOf(channel, evicted(channel)), evicted: true };
      } catch (error) {
        return { kind: "join-failed", code: codeOf(channel, error) };
      }
    },
    leave: async (channel, generation) => {
      try {
        await service.leave(channel, generation);
        failures.delete(channel);
        return { kind: "left" };
      } catch (error) {
        const code = codeOf(channel, error);
        return { kind: "leave-failed", code, certain: !uncertain.has(code) };
      }
    },
    failureOf: (channel) => failures.get(channel),
  };
}

/** After these the service may have done what it was asked. */
const uncertain: ReadonlySet<string> = new Set([
  "outcome-unknown",
  "connection-lost",
  "bad-reply",
  "internal",
]);

function evicted(channel: Channel): CotalError {
  return new CotalError("evicted", `posts of ${channel} are not kept any more that were to be delivered`, {
    hint: "the membership is asked for again, from now on",
    data: { channel },
  });
}
