import { randomUUID } from "node:crypto";
import {
  backoffMs,
  brokerError,
  type Capability,
  type Health,
  type RetryPolicy,
  type Session,
  sleep,
} from "@cotal/session";
import type { CotalError } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { DeliveryPlace, DeliveryService } from "./delivery-service.ts";
import type { SpaceViews } from "./parts.ts";
import type { StartRoute } from "./queue-route.ts";

/** `none`: the space has no backstop, or this endpoint takes nothing from it. */
export type DeliveryState = "ready" | "no-leader" | "unattached" | "none";

/** The way by which copies come that were stored while this peer was away. */
export interface Backstop extends Capability {
  readonly delivery: DeliveryState;
}

export interface BackstopDeps {
  readonly service: DeliveryService;
  readonly views: SpaceViews;
  readonly startRoute: StartRoute;
}

export interface BackstopOptions {
  /** Take the place of another program that is this peer. */
  readonly takeover: boolean;
}

const attachPolicy: RetryPolicy = {
  baseMs: 2_000,
  capMs: 30_000,
  limit: { unboundedBecause: "a leader may come at any time; the link is live without it" },
};
const leastWaitMs = 1_000;
/** How often is looked whether somebody still leads. */
const lookMs = 60_000;

export function createBackstop(core: Core, deps: BackstopDeps, { takeover }: BackstopOptions): Backstop {
  const { service, views, startRoute } = deps;
  const nonce = randomUUID();
  let state: { readonly delivery: DeliveryState; readonly code: string; readonly since: number } = {
    delivery: "unattached",
    code: "unattached",
    since: core.clock.now(),
  };

  const note = (delivery: DeliveryState, error?: CotalError): void => {
    const code = delivery === "no-leader" ? "delivery-unavailable" : (error?.code ?? delivery);
    if (state.delivery === delivery && state.code === code) return;
    state = { delivery, code, since: core.clock.now() };
    if (error) core.fault("backstop", error);
  };
  const noteFailure = (failure: unknown): void => {
    const error = brokerError(failure);
    note(error.code === "no-responders" ? "no-leader" : "unattached", error);
  };

  /** Gives nothing when it failed; it may be tried again. */
  const attachOnce = async ({ epoch }: Session): Promise<DeliveryPlace | undefined> => {
    try {
      const place = await service.attach({ nonce, epoch, takeover });
      note("ready");
      return place;
    } catch (error) {
      noteFailure(error);
      return undefined;
    }
  };

  const attachSoon = async (session: Session, signal: AbortSignal): Promise<DeliveryPlace> => {
    for (let attempt = 1; ; attempt++) {
      const place = await attachOnce(session);
      signal.throwIfAborted();
      if (place) return place;
      const delayMs = Math.max(leastWaitMs, backoffMs(attachPolicy, attempt, Math.random()));
      await sleep(core.clock, delayMs, signal);
    }
  };

  const serve = async (session: Session, signal: AbortSignal): Promise<void> => {
    const { stream, consumer } = await attachSoon(session, signal);
    const { space, self } = core;
    startRoute(session, {
      stream,
      consumer,
      source: "backstop",
      route: { kind: "backstop", space, owner: self.id },
      onMissing: async () => void (await attachOnce(session)),
    });
    session.scope.every(lookMs, "backstop", async () => {
      await service.pending().then(() => note("ready"), noteFailure);
    });
  };

  return {
    name: "backstop",
    required: false,
    attach: async (session) => {
      if (core.open || core.mode !== "peer" || !views.space().backstop) {
        note("none");
        return;
      }
      note("unattached");
      session.scope.defer(() => note("unattached"));
      session.scope.spawn("backstop", (signal) => serve(session, signal));
    },
    health: (): Health =>
      state.delivery === "ready" || state.delivery === "none"
        ? { kind: "ok" }
        : { kind: "degraded", code: state.code, since: state.since },
    get delivery() {
      return state.delivery;
    },
  };
}
