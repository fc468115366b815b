import {
  createScope,
  type Disposition,
  type Entry,
  type PumpState,
  pump,
  type Release,
  type Scope,
  type Session,
} from "@cotal/session";
import { type GapVerdict, type Route, verifyDelivery } from "@cotal/wire";
import type { Intake, Source } from "./arrival.ts";
import type { Burials } from "./burials.ts";
import type { Core } from "./core.ts";
import type { Demand } from "./demand.ts";
import type { Gap } from "./events.ts";
import type { Rejections } from "./rejections.ts";

export interface QueueRoute {
  readonly stream: string;
  readonly consumer: string;
  /** What its entries may be. */
  readonly route: Route;
  readonly source: Source;
  /** Called whenever the consumer is found missing, before it is looked for again. */
  readonly onMissing?: (signal: AbortSignal) => Promise<void>;
  readonly onState?: (state: PumpState) => void;
}

/** Serves a queue on a session, as long as somebody receives. */
export type StartRoute = (session: Session, route: QueueRoute) => Release;

export interface QueueRouteDeps {
  readonly intake: Pick<Intake, "take">;
  readonly demand: Demand;
  readonly rejections: Rejections;
  readonly burials: Burials;
}

/** How many entries of a queue that nobody else serves may wait here or be held. */
const ownWindow = 256;

export function queueRoutes(core: Core, deps: QueueRouteDeps): StartRoute {
  return (session, route) => {
    let pumping: Scope | undefined;

    const follow = async (): Promise<void> => {
      const ended = pumping;
      pumping = undefined;
      const { concurrency } = deps.demand;
      if (concurrency !== undefined && !session.scope.signal.aborted) pumping = serve(concurrency);
      if (ended) await end(ended);
    };
    const serve = (concurrency: number): Scope => {
      const scope = createScope({ clock: core.clock, onFault: (_, error) => core.fault("queues", error) });
      const { stream, consumer, source, onMissing, onState } = route;
      pump(
        { ...session, scope },
        {
          stream,
          consumer,
          // Work that waits here is kept from others who serve the role.
          concurrency: source === "anycast" ? concurrency : ownWindow,
          handle: entryHandler(core, deps, { ...route, session }),
          ...(onMissing && { onMissing }),
          ...(onState && { onState }),
        },
      );
      return scope;
    };

    const unfollow = deps.demand.follow(follow);
    const release = session.scope.defer(async () => {
      unfollow();
      const ended = pumping;
      pumping = undefined;
      await ended?.dispose();
    });
    void follow();
    return release;
  };
}

/** What was settled in this turn is still told to the broker; the rest goes back. */
async function end(scope: Scope): Promise<void> {
  await new Promise(setImmediate);
  await scope.dispose();
}

function entryHandler(
  core: Core,
  { intake, rejections, burials }: QueueRouteDeps,
  { session, route, source }: QueueRoute & { readonly session: Session },
): (entry: Entry, signal: AbortSignal) => Promise<Disposition> {
  const policy = core.policy(session);
  return async (entry, signal) => {
    const { subject, headers, data: bytes, storedAt, deliveries } = entry;
    const verdict = verifyDelivery({ subject, headers, bytes, route, policy, storedAt });
    switch (verdict.verdict) {
      case "reject":
        rejections.count(verdict.reason);
        core.log({ level: "warn", event: "queue.rejected", fields: { subject, reason: verdict.reason } });
        burials.note(entry, verdict.reason);
        return { kind: "terminate", reason: verdict.reason };
      case "gap":
        core.events.emit("gap", gapOf(verdict));
        return { kind: "ack" };
      case "ok": {
        const { seq } = verdict;
        const arrival = {
          accepted: verdict,
          source,
          bytes: bytes.length,
          historical: false,
          seq,
          deliveries,
        };
        const disposition = await intake.take(arrival, signal);
        if (disposition.kind !== "terminate") return disposition;
        const { reason } = disposition;
        return await burials.bury(session, { entry, accepted: verdict, reason });
      }
    }
  };
}

function gapOf({ gap: { channel, fromSeq, count, reason } }: GapVerdict): Gap {
  return { channel, fromSeq, count, reason: reason === "quota" ? "quota" : "retention" };
}
