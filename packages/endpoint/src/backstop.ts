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
  const gauge = createGauge(core);
  const { note, noteFailure } = gauge;

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
    await core.untilLive(signal);
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
      await views.known(session);
      if (core.open || core.mode !== "peer" || !views.space().backstop) {
        note("none");
        return;
      }
      note("unattached");
      session.scope.defer(() => note("unattached"));
      session.scope.spawn("backstop", (signal) => serve(session, signal));
    },
    health: gauge.health,
    get delivery() {
      return gauge.delivery;
    },
  };
}

interface Gauge extends Pick<Backstop, "delivery" | "health"> {
  note(delivery: DeliveryState): void;
  noteFailure(failure: unknown): void;
}

/** How delivery is, and since when; a failure is told when it is another one than before. */
function createGauge({ clock, fault }: Core): Gauge {
  let delivery: DeliveryState = "unattached";
  let health: Health = { kind: "degraded", code: delivery, since: clock.now() };

  const change = (next: DeliveryState, code?: string): boolean => {
    if (next === delivery && (health.kind === "ok" ? undefined : health.code) === code) return false;
    delivery = next;
    health = code === undefined ? { kind: "ok" } : { kind: "degraded", code, since: clock.now() };
    return true;
  };
  return {
    note: (next) => {
      change(next, next === "unattached" ? next : undefined);
    },
    noteFailure: (failure) => {
      const error = brokerError(failure);
      const isSilent = error.code === "no-responders";
      const code = isSilent ? "delivery-unavailable" : error.code;
      if (change(isSilent ? "no-leader" : "unattached", code)) fault("backstop", error);
    },
    health: () => health,
    get delivery() {
      return delivery;
    },
  };
}
