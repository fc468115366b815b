import { type Clock, type Session, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { EndpointState } from "./events.ts";

/** Where the link is, and the wait for it. */
export interface LinkWait {
  readonly state: EndpointState;
  /** The session of the live link; throws `reconnecting`, or `stopped`. */
  now(): Session;
  /** The session, after waiting for it at most this long. */
  session(waitMs: number, signal?: AbortSignal): Promise<Session>;
  /** Notes what became of the link. */
  note(state: EndpointState, session: Session | undefined): void;
}

export function createLinkWait(clock: Clock): LinkWait {
  const waiting = new Set<() => void>();
  let state: EndpointState = "connecting";
  let live: Session | undefined;

  const now = (): Session => {
    if (live) return live;
    throw state === "stopped" ? stopped() : reconnecting();
  };

  return {
    get state() {
      return state;
    },
    now,
    session: async (waitMs, signal) => {
      if (live || state === "stopped" || waitMs <= 0) return now();
      let wake: () => void = () => undefined;
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      waiting.add(wake);
      try {
        const deadline = { timeoutMs: waitMs, onLate: () => undefined };
        await withDeadline(clock, changed, { ...deadline, ...(signal && { signal }) });
      } finally {
        waiting.delete(wake);
      }
      return now();
    },
    note: (next, session) => {
      state = next;
      live = next === "live" ? session : undefined;
      if (next !== "live" && next !== "stopped") return;
      for (const wake of waiting) wake();
    },
  };
}

function reconnecting(): CotalError {
  return new CotalError("reconnecting", "there is no live connection at the moment", {
    hint: "try again when the state is live, or let it wait: waitForLinkMs",
  });
}

function stopped(): CotalError {
  return new CotalError("stopped", "the endpoint has been stopped", { hint: "connect another one" });
}
