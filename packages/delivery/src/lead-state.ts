import type { HeldLease, LeaseRecord, LeaseStanding } from "@cotal/registries";

/**
 * The way to the lead of one shard, and away from it.
 *
 *   seeking ──▶ taking ──▶ leading ──▶ closing ──▶ releasing ──▶ ended
 *      ▲          │                      │
 *      └──────────┴──────────────────────┘
 *
 * L1 At most one run goes on: the next begins only when the one before has ended.
 * L2 A run goes on undisturbed only while `leading`; whatever leaves that state commands `quiesce` in the same step.
 * L3 After `ended` nothing changes and nothing is commanded.
 * L4 The lease is given up only when the run has ended, so that its successor meets nobody.
 * L5 In doubt the run is quiesced; the next begins with a compare-and-set, which is the proof.
 */
export type LeadState =
  /** `silent`: how often in a row nobody answered for the shard, though its lease says that it is served. */
  | { readonly kind: "seeking"; readonly silent: number }
  | { readonly kind: "taking"; readonly stopping: boolean }
  | {
      readonly kind: "leading";
      readonly lease: HeldLease;
      readonly isReady: boolean;
      readonly writing: boolean;
    }
  | { readonly kind: "closing"; readonly lease: HeldLease; readonly next: AfterClosing }
  | { readonly kind: "releasing"; readonly error?: unknown }
  | { readonly kind: "ended"; readonly error?: unknown };

/** What follows when the run has ended. */
type AfterClosing =
  | { readonly kind: "seek" }
  | { readonly kind: "release" }
  | { readonly kind: "end"; readonly error: unknown };

/** The lease as this daemon sees it. */
export type LeaseView =
  | { readonly kind: "takeable"; readonly standing: LeaseStanding }
  | { readonly kind: "mine"; readonly standing: LeaseStanding; readonly lease: HeldLease }
  /** `alive`: it was seen to be renewed. */
  | {
      readonly kind: "theirs";
      readonly standing: LeaseStanding;
      readonly by: LeaseRecord;
      readonly alive: boolean;
    }
  | { readonly kind: "unknown" };

export type LeadEvent =
  /** `wanted`: the daemon has room for the shard. */
  | { readonly kind: "seen"; readonly view: LeaseView; readonly wanted: boolean }
  | { readonly kind: "served" | "silent"; readonly view: LeaseView; readonly wanted: boolean }
  | { readonly kind: "acquired"; readonly lease: HeldLease }
  | { readonly kind: "missed" }
  | { readonly kind: "renewal-due" }
  | { readonly kind: "ready" }
  | { readonly kind: "kept"; readonly lease: HeldLease }
  /** A write was refused or not answered; `view` is what the lease says since. */
  | { readonly kind: "unkept"; readonly view: LeaseView }
  /** No write is on its way any more. */
  | { readonly kind: "run-ended"; readonly outcome: RunOutcome }
  | { readonly kind: "released" }
  | { readonly kind: "stop" };

export type RunOutcome =
  | { readonly kind: "done" }
  /** Its fence has gone: somebody else has written as the leader. */
  | { readonly kind: "deposed" }
  | { readonly kind: "failed"; readonly error: unknown };

export type LeadCommand =
  | { readonly kind: "take"; readonly seen: LeaseStanding }
  | { readonly kind: "run"; readonly lease: HeldLease }
  | { readonly kind: "write"; readonly lease: HeldLease; readonly ready: boolean }
  | { readonly kind: "tell-ready" }
  | { readonly kind: "quiesce" }
  | { readonly kind: "release"; readonly lease: HeldLease };

export type LeadStep = readonly [LeadState, readonly LeadCommand[]];

/** What a daemon does when it meets another that lives; `refusal` words the error it ends with. */
export interface LeadRules {
  readonly standby: boolean;
  readonly refusal: (by: LeaseRecord) => unknown;
}

/** So many probes in a row without a responder prove that nobody serves. */
export const silencesToTake = 3;

export const seekingLead: LeadState = { kind: "seeking", silent: 0 };

export function transition(rules: LeadRules, state: LeadState, event: LeadEvent): LeadStep {
  switch (state.kind) {
    case "seeking":
      return seek(rules, state, event);
    case "taking":
      return take(state, event);
    case "leading":
      return lead(rules, state, event);
    case "closing":
      return close(state, event);
    case "releasing":
      return event.kind === "released" ? [{ ...state, kind: "ended" }, []] : [state, []];
    case "ended":
      return [state, []];
  }
}

type In<Kind extends LeadState["kind"]> = Extract<LeadState, { kind: Kind }>;

function seek(rules: LeadRules, state: In<"seeking">, event: LeadEvent): LeadStep {
  if (event.kind === "stop") return [{ kind: "ended" }, []];
  if (event.kind !== "seen" && event.kind !== "served" && event.kind !== "silent") return [state, []];
  const { view, wanted } = event;
  switch (view.kind) {
    case "unknown":
      return [seekingLead, []];
    case "mine":
      return begin(view.standing);
    case "takeable":
      return wanted ? begin(view.standing) : [seekingLead, []];
    case "theirs":
      return meet(rules, state, { ...event, view });
  }
}

/** A standby waits for the one who lives; anybody else ends. Who serves no more is no longer alive. */
function meet(
  { standby, refusal }: LeadRules,
  state: In<"seeking">,
  { kind, view, wanted }: { kind: string; view: Extract<LeaseView, { kind: "theirs" }>; wanted: boolean },
): LeadStep {
  const { alive, by, standing } = view;
  if (kind === "silent") {
    const silent = state.silent + 1;
    return silent >= silencesToTake && wanted ? begin(standing) : [{ kind: "seeking", silent }, []];
  }
  if (!standby && (alive || kind === "served")) return [{ kind: "ended", error: refusal(by) }, []];
  return [kind === "served" ? seekingLead : state, []];
}

function begin(seen: LeaseStanding): LeadStep {
  return [{ kind: "taking", stopping: false }, [{ kind: "take", seen }]];
}

function take(state: In<"taking">, event: LeadEvent): LeadStep {
  switch (event.kind) {
    case "stop":
      return [{ ...state, stopping: true }, []];
    case "missed":
      return [state.stopping ? { kind: "ended" } : seekingLead, []];
    case "acquired": {
      const { lease } = event;
      if (state.stopping) return [{ kind: "releasing" }, [{ kind: "release", lease }]];
      return [{ kind: "leading", lease, isReady: false, writing: false }, [{ kind: "run", lease }]];
    }
    default:
      return [state, []];
  }
}

function lead(rules: LeadRules, state: In<"leading">, event: LeadEvent): LeadStep {
  const { lease, isReady, writing } = state;
  switch (event.kind) {
    case "renewal-due":
      return writing ? [state, []] : write(state);
    case "ready":
      return writing ? [{ ...state, isReady: true }, []] : write({ ...state, isReady: true });
    case "kept": {
      const kept = { ...state, lease: event.lease, writing: false };
      if (event.lease.record.ready) return [kept, [{ kind: "tell-ready" }]];
      return isReady ? write(kept) : [kept, []];
    }
    case "unkept":
      return answer(rules, { ...state, writing: false }, event.view);
    case "seen":
      return event.view.kind === "theirs" ? answer(rules, state, event.view) : [state, []];
    case "run-ended":
      return afterRun(lease, event.outcome);
    case "stop":
      return quiesce(lease, { kind: "release" });
    default:
      return [state, []];
  }
}

function write(state: In<"leading">): LeadStep {
  const { lease, isReady: ready } = state;
  return [{ ...state, writing: true }, [{ kind: "write", lease, ready }]];
}

/** What a renewal that failed has led to. */
function answer({ standby, refusal }: LeadRules, state: In<"leading">, view: LeaseView): LeadStep {
  switch (view.kind) {
    case "mine":
      return [{ ...state, lease: view.lease }, []];
    case "theirs":
      return quiesce(state.lease, standby ? { kind: "seek" } : { kind: "end", error: refusal(view.by) });
    case "takeable":
    case "unknown":
      return quiesce(state.lease, { kind: "seek" });
  }
}

function quiesce(lease: HeldLease, next: AfterClosing): LeadStep {
  return [{ kind: "closing", lease, next }, [{ kind: "quiesce" }]];
}

function close(state: In<"closing">, event: LeadEvent): LeadStep {
  const { lease, next } = state;
  if (event.kind === "stop")
    return [next.kind === "end" ? state : { ...state, next: { kind: "release" } }, []];
  // The answers to a write that was on its way when the run was quiesced.
  if (event.kind === "kept") return [{ ...state, lease: event.lease }, []];
  if (event.kind === "unkept" && event.view.kind === "mine")
    return [{ ...state, lease: event.view.lease }, []];
  if (event.kind !== "run-ended") return [state, []];
  switch (next.kind) {
    case "seek":
      return [seekingLead, []];
    case "release":
      return [{ kind: "releasing" }, [{ kind: "release", lease }]];
    case "end":
      return [{ kind: "ended", error: next.error }, []];
  }
}

/** A run that nobody has quiesced. One that was deposed looks who leads now; one that failed would fail again. */
function afterRun(lease: HeldLease, outcome: RunOutcome): LeadStep {
  switch (outcome.kind) {
    case "deposed":
      return [seekingLead, [{ kind: "quiesce" }]];
    case "done":
      return [{ kind: "releasing" }, [{ kind: "quiesce" }, { kind: "release", lease }]];
    case "failed":
      return [{ kind: "releasing", error: outcome.error }, [{ kind: "quiesce" }, { kind: "release", lease }]];
  }
}
