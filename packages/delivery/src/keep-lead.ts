import {
  acquireLease,
  type CasRegistry,
  type HeldLease,
  type LeaseRecord,
  type LeaseStanding,
  leaseStaleMs,
  readyLease,
  releaseLease,
} from "@cotal/registries";
import { type Clock, errorFields, type Log, onAbort } from "@cotal/session";
import { CotalError, registryKey } from "@cotal/subjects";
import { type LeadRun, startRun } from "./lead-run.ts";
import {
  type LeadCommand,
  type LeadEvent,
  type LeadRules,
  type LeadState,
  type LeaseView,
  seekingLead,
  transition,
} from "./lead-state.ts";
import type { Leadership } from "./leadership.ts";
import { createLeaseEye, type LeaseEye, lookMs, nextLook } from "./lease-eye.ts";

export interface LeadDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly leases: CasRegistry<LeaseRecord>;
  /** Whether anybody answers for the shard; `unknown` when that could not be found out. */
  readonly probe: (shard: number, signal: AbortSignal) => Promise<"served" | "silent" | "unknown">;
}

export interface LeadOrder {
  readonly shard: number;
  /** Which daemon this is; no two are the same. */
  readonly holder: string;
  readonly version: string;
  /** Waits for a lead that another has; without it that is refused. */
  readonly standby: boolean;
  /** Whether the daemon has room for the shard at the moment; always, unless given. */
  readonly wanted?: () => boolean;
  /**
   * Leads until the signal of the leadership is aborted. It rejects with `fenced` when another leads, and
   * settles when nothing of it goes on any more.
   */
  readonly lead: (leadership: Leadership) => Promise<void>;
  /** Ends it all: the lead is given up in order. */
  readonly signal: AbortSignal;
}

const renewMs = 10_000;
/** After a renewal that failed, so that some more fit in before others call the lease stale. */
const renewAgainMs = 2_000;

/**
 * Takes the lead of a shard when it can be had, keeps it, and gives it up in order. Resolves when it was told to
 * end; rejects with `lease-held` when another leads, and with whatever the lead has failed with.
 */
export function keepLead(deps: LeadDeps, order: LeadOrder): Promise<void> {
  return new LeadKeeper(deps, order).keep();
}

class LeadKeeper {
  readonly #deps: LeadDeps;
  readonly #order: LeadOrder;
  readonly #rules: LeadRules;
  readonly #eye: LeaseEye;
  readonly #key: string;
  /** Ends looking, once there is nothing more to do. */
  readonly #over = new AbortController();
  #state: LeadState = seekingLead;
  #run: LeadRun | undefined;
  #keptAt = 0;
  /** The write of the lease that was sent last. */
  #written: Promise<void> = Promise.resolve();
  #cancelRenewal: () => void = () => undefined;

  constructor(deps: LeadDeps, order: LeadOrder) {
    const { shard, holder, standby } = order;
    this.#deps = deps;
    this.#order = order;
    this.#key = registryKey.deliveryLease(shard);
    this.#rules = { standby, refusal: (by) => heldElsewhere(shard, by) };
    this.#eye = createLeaseEye({ ...deps, key: this.#key, holder });
  }

  async keep(): Promise<void> {
    const forget = onAbort(this.#order.signal, () => this.#dispatch({ kind: "stop" }));
    const looking = this.#lookOn(this.#over.signal).catch((error) => {
      if (this.#over.signal.aborted) return;
      // Where the leases cannot be read there is nothing to go by.
      this.#dispatch({ kind: "stop" });
      throw error;
    });
    const ended = new Promise<void>((resolve) => onAbort(this.#over.signal, resolve));
    const [, seeing] = await Promise.allSettled([ended, looking]);
    forget();
    if (seeing.status === "rejected") throw seeing.reason;
    if (this.#state.kind === "ended" && this.#state.error !== undefined) throw this.#state.error;
  }

  #dispatch(event: LeadEvent): void {
    const [next, commands] = transition(this.#rules, this.#state, event);
    const isNew = next.kind !== this.#state.kind;
    this.#state = next;
    if (isNew) this.#log("info", "lead.state", { kind: next.kind });
    for (const command of commands) this.#execute(command);
    if (next.kind === "ended") this.#over.abort();
  }

  #execute(command: LeadCommand): void {
    switch (command.kind) {
      case "take":
        void this.#take(command.seen);
        return;
      case "run":
        void this.#lead(command.lease);
        return;
      case "write":
        this.#cancelRenewal();
        this.#written = this.#write(command.lease, command.ready);
        return;
      case "tell-ready":
        this.#run?.tellReady();
        return;
      case "quiesce":
        this.#cancelRenewal();
        this.#run?.quiesce();
        return;
      case "release":
        void this.#release(command.lease);
    }
  }

  async #take(seen: LeaseStanding): Promise<void> {
    const { holder, version } = this.#order;
    // That nobody serves though it looks held is known from elsewhere.
    const free = seen.kind === "held" ? ({ ...seen, kind: "stale" } as const) : seen;
    try {
      const acquired = await acquireLease(this.#deps.leases, { key: this.#key, holder, version, seen: free });
      if (acquired.kind !== "acquired") return this.#dispatch({ kind: "missed" });
      this.#keptAt = this.#deps.clock.uptime();
      this.#dispatch(acquired);
    } catch (error) {
      this.#warn("lead.not-taken", error);
      this.#dispatch({ kind: "missed" });
    }
  }

  async #lead(lease: HeldLease): Promise<void> {
    const { shard, holder, lead } = this.#order;
    const { epoch } = lease.record;
    this.#renewIn(renewMs);
    this.#run = startRun({ shard, holder, epoch, lead, onReady: () => this.#dispatch({ kind: "ready" }) });
    const outcome = await this.#run.outcome;
    // A write on its way belongs to the run: what follows has to name its revision.
    for (let last: Promise<void> | undefined; last !== this.#written; await last) last = this.#written;
    if (outcome.kind === "failed") this.#warn("lead.failed", outcome.error);
    this.#dispatch({ kind: "run-ended", outcome });
  }

  #renewIn(delayMs: number): void {
    this.#cancelRenewal();
    if (this.#state.kind !== "leading") return;
    this.#cancelRenewal = this.#deps.clock.after(delayMs, () => this.#dispatch({ kind: "renewal-due" }));
  }

  async #write(lease: HeldLease, ready: boolean): Promise<void> {
    const { clock, leases } = this.#deps;
    try {
      const kept = await readyLease(leases, lease, ready);
      if (kept.kind === "kept") {
        this.#keptAt = clock.uptime();
        this.#renewIn(renewMs);
        this.#dispatch(kept);
      } else {
        this.#ask(await this.#eye.fencedOff(lease, this.#over.signal));
      }
    } catch (error) {
      this.#warn("lead.not-renewed", error);
      // Its own word is worth something for as long as others believe it.
      const isFresh = clock.uptime() - this.#keptAt < leaseStaleMs;
      this.#ask(isFresh ? this.#eye.look() : { kind: "unknown" });
    }
  }

  #ask(view: LeaseView): void {
    this.#renewIn(renewAgainMs);
    this.#dispatch({ kind: "unkept", view });
  }

  async #release(lease: HeldLease): Promise<void> {
    await releaseLease(this.#deps.leases, lease).catch((error) => this.#warn("lead.not-released", error));
    this.#dispatch({ kind: "released" });
  }

  /** Looks whenever a lease has changed, and each second; who seeks also probes, once a second. */
  async #lookOn(signal: AbortSignal): Promise<void> {
    const { clock, leases, probe } = this.#deps;
    const { shard, wanted = () => true } = this.#order;
    let probeAt = clock.uptime();
    while (!signal.aborted) {
      const seen = leases.revision;
      const view = this.#eye.look();
      this.#dispatch({ kind: "seen", view, wanted: wanted() });
      const isSaidToServe = this.#state.kind === "seeking" && view.kind === "theirs" && view.by.ready;
      if (isSaidToServe && clock.uptime() >= probeAt) {
        probeAt = clock.uptime() + lookMs;
        const probed = await probe(shard, signal);
        // It may have changed hands meanwhile.
        if (probed !== "unknown" && leases.revision === seen)
          this.#dispatch({ kind: probed, view, wanted: wanted() });
      }
      await nextLook(leases, { seen, signal });
    }
  }

  #warn(event: string, error: unknown): void {
    this.#log("warn", event, errorFields(error));
  }

  #log(level: "info" | "warn", event: string, fields: Readonly<Record<string, unknown>>): void {
    const { shard, holder } = this.#order;
    this.#deps.log({ level, event, fields: { shard, holder, ...fields } });
  }
}

function heldElsewhere(shard: number, { holder, epoch, version }: LeaseRecord): CotalError {
  return new CotalError("lease-held", `another daemon leads shard ${shard}`, {
    hint: "stop the other one first, or start this one with --standby to take over from it",
    data: { shard, holder, epoch, version },
  });
}
