import { isRunning, type ProcessIdentity } from "@cotal/broker";
import {
  acquireLease,
  type CasRegistry,
  type HeldLease,
  type LeaseRecord,
  type LeaseSight,
  observeLease,
  readyLease,
  releaseLease,
} from "@cotal/registries";
import { errorFields, type Log, sleep } from "@cotal/session";
import { CotalError, registryKey } from "@cotal/subjects";
import { programVersion } from "../program-version.ts";
import { holderName, processIn } from "./holder-name.ts";

type Leases = CasRegistry<LeaseRecord>;
const key = registryKey.managerLease;
const lookMs = 500;
const renewMs = 10_000;
const renewAgainMs = 2_000;
/** Longer than a lease can look held that nobody holds. */
const mostLooks = 80;

/** Takes the lease of the manager; rejects with `lease-held` while somebody lives who has it. */
export async function takeLease(
  leases: Leases,
  me: ProcessIdentity,
  signal: AbortSignal,
): Promise<HeldLease> {
  const holder = holderName(me);
  let sight: LeaseSight | undefined;
  let by: LeaseRecord | undefined;
  for (let look = 0; look < mostLooks; look++) {
    const [next, seen] = observeLease(sight, leases.get(key), leases.clock.uptime());
    sight = next;
    if (seen.kind === "held") by = seen.standing.value;
    if (seen.kind === "held" && isAlive(seen.standing.value.holder, holder))
      throw isHeldBy(seen.standing.value);
    const isGone = seen.kind === "held" && isDeadHere(seen.standing.value.holder, holder);
    const free = isGone ? ({ ...seen, kind: "stale" } as const) : seen;
    const acquired = await acquireLease(leases, { key, holder, version: programVersion(), seen: free });
    if (acquired.kind === "acquired") return acquired.lease;
    await sleep(leases.clock, lookMs, signal);
  }
  throw isHeldBy(by);
}

/**
 * Keeps a lease until the signal is aborted, then gives it up; rejects with `lease-held` when somebody else has it.
 * A renewal that fails is tried again: others wait much longer before they take the lease for stale.
 */
export async function keepLease(
  leases: Leases,
  first: HeldLease,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<void> {
  let lease = first;
  const failed = (event: string) => (error: unknown) => {
    log({ level: "warn", event, fields: errorFields(error) });
  };
  while (!signal.aborted) {
    const kept = await readyLease(leases, lease, true).catch(failed("manager.not-renewed"));
    if (kept && kept.kind === "lost") throw isHeldBy(undefined);
    if (kept) lease = kept.lease;
    const pauseMs = kept ? renewMs : renewAgainMs;
    await Promise.allSettled([sleep(leases.clock, pauseMs, signal)]);
  }
  await releaseLease(leases, lease).catch(failed("manager.not-released"));
}

function isAlive(holder: string, me: string): boolean {
  const other = processIn(holder);
  return holder !== me && other !== undefined && isRunning(other);
}

/** Dead, or this very process over an earlier connection. */
function isDeadHere(holder: string, me: string): boolean {
  return holder === me || processIn(holder) !== undefined;
}

function isHeldBy(by: LeaseRecord | undefined): CotalError {
  return new CotalError("lease-held", "another manager looks after this space", {
    hint: "one is enough: stop the other one first",
    data: { holder: by?.holder, version: by?.version },
  });
}
