/**
 * The life of a link as data. One connection is one epoch; a new connection is a new epoch.
 *
 *   idle ──▶ dialing ──▶ binding ──▶ live
 *             ▲ ▲  │        │         │
 *             │ │  ▼        ▼         ▼
 *       waiting └─────── closing ◀────┘
 *          ▲                │
 *          └────────────────┴──▶ stopped
 *
 * L1 At most one epoch is open: nothing is dialled before the last epoch has ended.
 * L2 At most one timer is set, and only while waiting.
 * L3 After `stopped` nothing changes and nothing is commanded.
 * L4 Epochs only grow, by one with each dial.
 * L5 An event of another epoch than the present one changes nothing.
 */
export type LinkState =
  | { readonly kind: "idle" }
  | { readonly kind: "dialing" | "binding" | "live"; readonly epoch: number; readonly tries: Tries }
  | { readonly kind: "waiting"; readonly epoch: number; readonly tries: Tries; readonly failure: LinkFailure }
  | { readonly kind: "closing"; readonly epoch: number; readonly tries: Tries; readonly next: AfterClosing }
  | { readonly kind: "stopped"; readonly failure?: LinkFailure };

/** What follows when nothing is left of the epoch: wait and try again, dial at once, or stop. */
export type AfterClosing = "retry" | "dial" | "stop";

export interface Tries {
  /** Epochs in a row that did not hold. */
  readonly failed: number;
  /** Whether a failed dial is tried again. Until a link has been live once, its owner may forbid it. */
  readonly again: boolean;
}

export interface LinkFailure {
  /** A fatal failure ends the link: trying again cannot help. */
  readonly fatal: boolean;
  readonly error: unknown;
}

export type LinkEvent =
  | { readonly kind: "start"; readonly retryFirst: boolean }
  | { readonly kind: "opened" | "bound" | "lost"; readonly epoch: number }
  /** Comes exactly once for every epoch that was dialled. `held`: it was live long enough to count as good. */
  | { readonly kind: "ended"; readonly epoch: number; readonly held: boolean; readonly failure: LinkFailure }
  | { readonly kind: "due"; readonly epoch: number }
  | { readonly kind: "reconnect" }
  | { readonly kind: "stop" };

export type LinkCommand =
  | { readonly kind: "dial" | "bind" | "close"; readonly epoch: number }
  | { readonly kind: "set-timer"; readonly epoch: number; readonly attempt: number }
  | { readonly kind: "clear-timer" };

export type LinkStep = readonly [LinkState, readonly LinkCommand[]];

export const idleLink: LinkState = { kind: "idle" };

export function transition(state: LinkState, event: LinkEvent): LinkStep {
  switch (event.kind) {
    case "start":
      return state.kind === "idle" ? dial(1, { failed: 0, again: event.retryFirst }) : unchanged(state);
    case "opened":
      return opened(state, event.epoch);
    case "bound":
      return bound(state, event.epoch);
    case "lost":
      return lost(state, event.epoch);
    case "ended":
      return ended(state, event);
    case "due":
      return state.kind === "waiting" && state.epoch === event.epoch
        ? dial(state.epoch + 1, state.tries)
        : unchanged(state);
    case "reconnect":
      return reconnect(state);
    case "stop":
      return stop(state);
  }
}

function opened(state: LinkState, epoch: number): LinkStep {
  if (state.kind !== "dialing" || state.epoch !== epoch) return unchanged(state);
  return [{ ...state, kind: "binding" }, [{ kind: "bind", epoch }]];
}

function bound(state: LinkState, epoch: number): LinkStep {
  if (state.kind !== "binding" || state.epoch !== epoch) return unchanged(state);
  return [{ kind: "live", epoch, tries: { ...state.tries, again: true } }, []];
}

/** The connection is gone; its epoch ends when everything that hung on it is released. */
function lost(state: LinkState, epoch: number): LinkStep {
  if ((state.kind !== "binding" && state.kind !== "live") || state.epoch !== epoch) return unchanged(state);
  return [{ kind: "closing", epoch, tries: state.tries, next: "retry" }, []];
}

function ended(state: LinkState, event: LinkEvent & { kind: "ended" }): LinkStep {
  if (!("epoch" in state) || state.epoch !== event.epoch || state.kind === "waiting") return unchanged(state);
  if (state.kind !== "closing" || state.next === "retry") return afterFailure(state, event);
  return state.next === "stop" ? [{ kind: "stopped" }, []] : dial(state.epoch + 1, state.tries);
}

function afterFailure(
  state: { epoch: number; tries: Tries },
  { failure, held }: LinkEvent & { kind: "ended" },
): LinkStep {
  if (failure.fatal || !state.tries.again) return [{ kind: "stopped", failure }, []];
  const failed = held ? 1 : state.tries.failed + 1;
  const { epoch } = state;
  return [
    { kind: "waiting", epoch, tries: { failed, again: true }, failure },
    [{ kind: "set-timer", epoch, attempt: failed }],
  ];
}

/** Whoever is dialling or binding already is as new as can be. */
function reconnect(state: LinkState): LinkStep {
  switch (state.kind) {
    case "idle":
    case "dialing":
    case "binding":
    case "stopped":
      return unchanged(state);
    case "closing":
      return [state.next === "retry" ? { ...state, next: "dial" } : state, []];
    case "waiting": {
      const [next, commands] = dial(state.epoch + 1, state.tries);
      return [next, [{ kind: "clear-timer" }, ...commands]];
    }
    case "live":
      return close(state, "dial");
  }
}

function stop(state: LinkState): LinkStep {
  switch (state.kind) {
    case "stopped":
      return unchanged(state);
    case "idle":
      return [{ kind: "stopped" }, []];
    case "waiting":
      return [{ kind: "stopped" }, [{ kind: "clear-timer" }]];
    case "closing":
      return [state.next === "stop" ? state : { ...state, next: "stop" }, []];
    case "dialing":
    case "binding":
    case "live":
      return close(state, "stop");
  }
}

function dial(epoch: number, tries: Tries): LinkStep {
  return [{ kind: "dialing", epoch, tries }, [{ kind: "dial", epoch }]];
}

function close({ epoch, tries }: { epoch: number; tries: Tries }, next: AfterClosing): LinkStep {
  return [{ kind: "closing", epoch, tries: { ...tries, failed: 0 }, next }, [{ kind: "close", epoch }]];
}

function unchanged(state: LinkState): LinkStep {
  return [state, []];
}
