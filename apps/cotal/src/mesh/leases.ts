import { createRegistryView, type LeaseRecord, leaseRegistry } from "@cotal/registries";
import { systemClock, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { type CallGround, withCallSession } from "./call-session.ts";
import type { Mesh } from "./mesh.ts";
import { openRunningMesh } from "./running-mesh.ts";

/** A lease of the space, as the broker has it now. */
export interface Lease extends LeaseRecord {
  readonly key: string;
}

/** All that are held, over a session of the operator. */
export async function readLeases({ settings }: Mesh, { session, id }: CallGround): Promise<readonly Lease[]> {
  const view = createRegistryView(leaseRegistry, { space: settings.space, clock: session.clock });
  await view.attach(session, { id });
  return view
    .entries()
    .flatMap(({ lookup }) => (lookup.kind === "found" ? [{ ...lookup.value, key: lookup.key }] : []));
}

/**
 * The same for somebody who goes on without them, as they are once `when` has settled: `undefined` when the broker
 * does not tell in time.
 */
export async function leasesIfTold(
  host: Host,
  when: Promise<unknown>,
): Promise<readonly Lease[] | undefined> {
  const reading = Promise.allSettled([readOnce(host, when)]);
  await Promise.allSettled([when]);
  const late = { timeoutMs: patienceMs, onLate: () => Promise.resolve(undefined) };
  const [told] = (await withDeadline(systemClock, reading, late)) ?? [];
  if (told?.status === "fulfilled") return told.value;
  if (told === undefined || told.reason instanceof CotalError) return undefined;
  throw told.reason;
}

/** As they are once `when` has settled; it connects meanwhile. */
async function readOnce(host: Host, when: Promise<unknown>): Promise<readonly Lease[]> {
  // Whoever is in a hurry waits no longer than the deadline.
  const { signal } = new AbortController();
  const mesh = await openRunningMesh({ ...host, interrupted: signal });
  const at = { dial: mesh.dial, profile: "operator", signal } as const;
  return await withCallSession(mesh, at, async (on) => {
    await Promise.allSettled([when]);
    return await readLeases(mesh, on);
  });
}

const patienceMs = 5_000;
