import { leaseRegistry, openRegistry } from "@cotal/registries";
import {
  type Capability,
  type CredentialSource,
  createLink,
  createResponder,
  createScope,
  credentialOf,
  errorFields,
  type Log,
  noCredential,
  noFaultPoints,
  type Scope,
  type Session,
  sleep,
  systemClock,
} from "@cotal/session";
import { CotalError, inboxPrefix, type OwnerId, serviceName } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret, mint } from "@cotal/trust";
import { createSignatureVerifier, parseCredential } from "@cotal/wire";
import type { Host } from "../host.ts";
import { renewedInTime } from "../mesh/credential-text.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { keepLease, takeLease } from "./manager-lease.ts";
import type { ManagerEntry } from "./manager-note.ts";
import { managerServices } from "./operations.ts";
import { createSupervisor, type Supervisor } from "./supervise.ts";

export interface ManagerOrder {
  readonly mesh: RunningMesh;
  readonly host: Host;
  readonly entry: ManagerEntry;
  readonly maxAgents: number;
  readonly log: Log;
  /** Told each time it begins to manage. */
  readonly onReady: () => void;
}

/**
 * Manages the agents of this host until it is told to end. It owns none of them: when it dies they go on, and the
 * next manager finds them by their notes. While the broker is away nothing is started again.
 */
export async function runManager(order: ManagerOrder): Promise<void> {
  const { mesh, host, entry, log } = order;
  const over = new AbortController();
  const fail = (error: unknown): void => over.abort(error);
  const ended = AbortSignal.any([host.interrupted, over.signal]);
  const identity = identityIn(mesh);
  await using tasks = createScope({ clock: systemClock, onFault: faultIn(log) });
  const lead = createLead({ ...order, id: identity.id, tasks, signal: ended, fail });
  await using link = createLink({
    clock: systemClock,
    log,
    faults: noFaultPoints,
    credentials: identity.credentials,
    capabilities: [lead],
    dial: { ...mesh.dial, name: "cotal manager", inboxPrefix: inboxPrefix(identity.id) },
    onState: (state) => {
      if (state.kind === "stopped" && state.failure) fail(state.failure.error);
    },
  });
  void link.start({ retryFirst: true }).catch(fail);
  while (!ended.aborted && (await entry.stands())) {
    await Promise.allSettled([sleep(systemClock, lookMs, ended)]);
  }
  const failure = over.signal.aborted && !host.interrupted.aborted ? [over.signal.reason] : [];
  // The lease is given up over the link that still stands.
  over.abort();
  for (const error of failure) throw error;
}

const lookMs = 1_000;

interface Lead extends ManagerOrder {
  readonly id: OwnerId;
  readonly tasks: Scope;
  readonly signal: AbortSignal;
  /** Ends it all. */
  readonly fail: (error: unknown) => void;
}

function createLead(lead: Lead): Capability {
  const { log, signal, fail } = lead;
  const supervisor = createSupervisor(lead);
  return {
    name: "manager",
    required: true,
    health: () => ({ kind: "ok" }),
    attach: async (session) => {
      session.scope.spawn("manage", async (gone) => {
        const ended = AbortSignal.any([gone, signal]);
        while (!ended.aborted) {
          await manage(lead, { session, supervisor, signal: ended }).catch((error: unknown) => {
            if (ended.aborted) return;
            log({ level: "warn", event: "manager.failed", fields: errorFields(error) });
            if (error instanceof CotalError && error.code === "lease-held") fail(error);
          });
          await Promise.allSettled([sleep(systemClock, againMs, ended)]);
        }
      });
    },
  };
}

const againMs = 2_000;

interface Managing {
  readonly session: Session;
  readonly supervisor: Supervisor;
  readonly signal: AbortSignal;
}

/** Over one connection: while the lease is held, answers for peers and looks after what has ended. */
async function manage(lead: Lead, { session, supervisor, signal }: Managing): Promise<void> {
  const { mesh, entry, id, log, onReady } = lead;
  const { space } = mesh.settings;
  const secret = ingestSecret(mesh.space, ingestOfRegistry(mesh.space, "lease"));
  const leases = await openRegistry(session, leaseRegistry, { space, id, secret });
  const held = await takeLease(leases, entry.note, signal);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  await using scope = createScope({ clock: systemClock, onFault: faultIn(log) });
  await serve(lead, { ...session, scope });
  await entry.setReady(true);
  onReady();
  const looking = lookAgain(supervisor, until);
  try {
    await keepLease(leases, held, { signal, log });
  } finally {
    over.abort();
    await entry.setReady(false);
    await looking;
  }
}

const superviseMs = 500;

async function lookAgain(supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await supervisor.look(signal);
    await Promise.allSettled([sleep(systemClock, superviseMs, signal)]);
  }
}

async function serve({ mesh, host, entry, maxAgents, tasks, log }: Lead, session: Session): Promise<void> {
  const { space, mode } = mesh.settings;
  const { clock, connection, brokerClock } = session;
  const policy = {
    maxBytes: connection.info?.max_payload ?? defaultMaxBytes,
    signatures: mode === "open" ? ("none" as const) : createSignatureVerifier({ now: brokerClock.now }),
  };
  const spawn = (label: string, work: () => Promise<void>): void => tasks.spawn(label, work);
  const services = managerServices({ mesh, host, note: entry.note, maxAgents, spawn });
  for (const name of ["manager", "self", "admin"] as const) {
    const options = { space, service: serviceName[name], policy, operations: services[name], clock, log };
    await createResponder(options).attach(session);
  }
}

/** The broker says what it takes when it greets; this is its default. */
const defaultMaxBytes = 1024 * 1024;

interface ManagerIdentity {
  readonly id: OwnerId;
  readonly credentials: CredentialSource;
}

/** For the life of this process: one key, whose credential is renewed by whoever asks for it late in its life. */
function identityIn({ space, settings }: RunningMesh): ManagerIdentity {
  const minted = mint(space, { profile: "manager", name: "manager" }, systemClock.now());
  let text = minted.creds.reveal();
  const renewed = (): ReturnType<CredentialSource> => {
    text = renewedInTime(space, text, systemClock.now())?.creds.reveal() ?? text;
    return credentialOf(parseCredential(text));
  };
  return { id: minted.id, credentials: settings.mode === "open" ? noCredential : renewed };
}

function faultIn(log: Log): (label: string, error: unknown) => void {
  return (label, error) =>
    log({ level: "warn", event: "manager.fault", fields: { label, ...errorFields(error) } });
}
