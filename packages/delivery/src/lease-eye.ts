import {
  type CasRegistry,
  type HeldLease,
  type LeaseRecord,
  type LeaseSight,
  type LeaseStanding,
  observeLease,
} from "@cotal/registries";
import { brokerError, type Clock, errorFields, type Log, sleep } from "@cotal/session";
import type { LeaseView } from "./lead-state.ts";

/** Looks at one lease for one daemon, and remembers what it has to. */
export interface LeaseEye {
  look(): LeaseView;
  /** What a lease says after a renewal that was fenced off. The answer is `unknown` when it does not show in time. */
  fencedOff(lease: HeldLease, signal: AbortSignal): Promise<LeaseView>;
}

export interface LeaseEyeOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly leases: CasRegistry<LeaseRecord>;
  readonly key: string;
  readonly holder: string;
}

/** How long it is waited until it shows who was faster. */
const fencedMs = 2_000;
const pollMs = 50;

/** Who waits for a lease looks at it, and asks for signs of life, once a second. */
export const lookMs = 1_000;

export function createLeaseEye({ clock, log, leases, key, holder }: LeaseEyeOptions): LeaseEye {
  let sight: LeaseSight | undefined;
  let alive = false;

  const look = (): LeaseView => {
    try {
      const [next, standing] = observeLease(sight, leases.get(key), clock.uptime());
      alive ||= sight !== undefined && sight.revision !== next.revision;
      sight = next;
      return viewOf(standing, holder, alive);
    } catch (error) {
      log({ level: "warn", event: "lead.unseen", fields: { key, ...errorFields(error) } });
      return { kind: "unknown" };
    }
  };

  return {
    look,
    fencedOff: async ({ revision }, signal) => {
      const until = clock.uptime() + fencedMs;
      for (;;) {
        const view = look();
        // The view may be behind whoever was faster: only what follows the revision that was held is an answer.
        if (view.kind === "unknown" || view.standing.standing.revision > revision) return view;
        if (clock.uptime() >= until) return { kind: "unknown" };
        await sleep(clock, pollMs, signal);
      }
    },
  };
}

/** Waits until something has changed since `seen`, at most a second, or less when told to end. */
export async function nextLook(
  leases: CasRegistry<LeaseRecord>,
  { seen, signal }: { readonly seen: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await leases.moved(seen, { timeoutMs: lookMs, signal });
  } catch (failure) {
    // That nothing has moved, or cannot be told now, is no failure of who looks.
    if (!signal.aborted && brokerError(failure).code !== "unreachable") throw failure;
  }
}

function viewOf(standing: LeaseStanding, holder: string, alive: boolean): LeaseView {
  if (standing.kind === "free") return { kind: "takeable", standing };
  const { key, revision, value: record } = standing.standing;
  if (record.holder === holder) return { kind: "mine", standing, lease: { key, revision, record } };
  if (standing.kind === "stale") return { kind: "takeable", standing };
  return { kind: "theirs", standing, by: record, alive };
}
