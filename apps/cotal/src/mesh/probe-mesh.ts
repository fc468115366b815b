import { attachBroker, type Broker, describeDurability, versionReport } from "@cotal/broker";
import {
  createRegistryView,
  describeSpace,
  known,
  type StreamReport,
  spaceRegistry,
} from "@cotal/registries";
import { readCredentialFile, systemClock } from "@cotal/session";
import { CotalError, registryKey } from "@cotal/subjects";
import { formatBytes } from "../bytes.ts";
import { type DeliveryFacts, probeDelivery } from "../delivery/delivery-check.ts";
import { probeManager } from "../manager/manager-check.ts";
import { listSeats } from "../seat/seat.ts";
import { factsOf, type SeatFacts, seatCheck, seatFacts } from "../seat/seat-facts.ts";
import { type CallGround, withCallSession } from "./call-session.ts";
import { type Check, failed, okay, warning } from "./check.ts";
import { checkDisk } from "./disk-check.ts";
import { type Mesh, spaceSpecOf } from "./mesh.ts";
import { asPossible, dialOf } from "./running-mesh.ts";

export interface Probed {
  readonly seats: readonly SeatFacts[];
  /** When it runs and answers. */
  readonly broker: Broker | undefined;
  /** Where it was asked: an open mesh has none. */
  readonly delivery?: DeliveryFacts | undefined;
  readonly checks: readonly Check[];
}

/** Looks at everything of the mesh that lives; asks no file what a process or the broker can say. */
export async function probeMesh(mesh: Mesh, signal: AbortSignal): Promise<Probed> {
  const credential = await probeCredential(mesh);
  const { seats, unreadable } = await listSeats(mesh.files);
  const unread = unreadable.map(({ name, error }) => failed(`agent ${name}`, error));
  try {
    const broker = await attachBroker(mesh.files.broker, { signal, timeoutMs: answerMs });
    const at = { dial: dialOf(broker), signal };
    const facts = await seatFacts(mesh, seats, at);
    const delivery =
      mesh.settings.mode === "auth" ? await probeDelivery(mesh, at).catch(unprobed) : undefined;
    return {
      broker,
      seats: facts,
      delivery: delivery?.facts,
      checks: [
        ...probeBroker(broker),
        ...(await probeSpace(mesh, broker, signal)),
        ...(delivery ? [delivery.check] : []),
        await probeManager(mesh.files),
        await checkDisk(mesh, broker),
        credential,
        ...facts.flatMap(seatCheck),
        ...unread,
      ],
    };
  } catch (error) {
    const facts = await Promise.all(seats.map((seat) => factsOf(mesh.files, seat, "unknown")));
    const disk = await checkDisk(mesh, undefined);
    const checks = [
      failed("broker", asPossible(error)),
      disk,
      credential,
      ...facts.flatMap(seatCheck),
      ...unread,
    ];
    return { broker: undefined, seats: facts, checks };
  }
}

function unprobed(error: unknown): { readonly facts?: DeliveryFacts; readonly check: Check } {
  return { check: failed("delivery", error) };
}

/** A broker that runs answers at once; one that stands still is not waited for. */
const answerMs = 3_000;

function probeBroker({ pid, url, version, durability }: Broker): Check[] {
  const { issues } = versionReport(version, "loopback");
  const runs = `nats-server ${version} at ${url}, pid ${pid}`;
  return [
    issues.length === 0
      ? okay("broker", runs)
      : warning(
          "broker",
          `${runs}: ${issues.map(({ text }) => text).join("; ")}`,
          "install a newer nats-server",
        ),
    okay("durability", describeDurability(durability)),
  ];
}

async function probeSpace(mesh: Mesh, broker: Broker, signal: AbortSignal): Promise<Check[]> {
  const at = { dial: dialOf(broker), profile: "setup", signal } as const;
  try {
    return await withCallSession(mesh, at, async (on) => {
      const reports = await describeSpace(on.session, spaceSpecOf(mesh));
      return [streamsCheck(reports), storageCheck(reports), await recordCheck(mesh, on)];
    });
  } catch (error) {
    return [failed("space", error)];
  }
}

/** The record of the space comes last when one is set up, so that a space with one is complete. */
async function recordCheck({ settings: { space, mode } }: Mesh, { session, id }: CallGround): Promise<Check> {
  try {
    const view = createRegistryView(spaceRegistry, { space, clock: session.clock });
    await view.attach(session, { id });
    const record = known(view.get(registryKey.space));
    if (record.kind === "absent") return missing("space", "the record of the space is missing");
    if (record.value.mode === mode)
      return okay("space", `${space}, ${mode}, since ${dateOf(record.value.created)}`);
    return missing("space", `its record says ${record.value.mode}, the settings say ${mode}`);
  } catch (error) {
    return failed("space", error);
  }
}

function missing(id: string, what: string): Check {
  return failed(id, new CotalError("space-drift", what, { hint: "cotal up" }));
}

function dateOf(at: number): string {
  return new Date(at).toISOString();
}

function streamsCheck(reports: readonly StreamReport[]): Check {
  const faults = reports.flatMap((report) => {
    if (report.kind === "absent") return [`${report.stream} is missing`];
    return report.drifts
      .filter(({ action }) => action !== "wait")
      .map(({ stream, field }) => `${field} of ${stream} differs`);
  });
  if (faults.length === 0) return okay("streams", `${reports.length} as they should be`);
  return missing("streams", faults.join("; "));
}

const fullFrom = 0.8;

function storageCheck(reports: readonly StreamReport[]): Check {
  const present = reports.flatMap((report) => (report.kind === "present" ? [report] : []));
  const used = present.reduce((sum, { use }) => sum + use.bytes, 0);
  const limit = present.reduce((sum, { config }) => sum + config.max_bytes, 0);
  const full = present
    .filter(({ use, config }) => use.bytes > config.max_bytes * fullFrom)
    .map(({ stream }) => stream);
  const evidence = `${formatBytes(used)} of ${formatBytes(limit)}`;
  if (full.length === 0) return okay("storage", evidence);
  return warning("storage", `${evidence}; nearly full: ${full.join(", ")}`, "cotal status --json");
}

async function probeCredential({ files, settings }: Mesh): Promise<Check> {
  try {
    const { expiresAt = Number.POSITIVE_INFINITY } = await readCredentialFile(
      files.credential(settings.peer),
    );
    if (expiresAt <= systemClock.now()) {
      const since = `the credential of ${settings.peer} has expired at ${dateOf(expiresAt)}`;
      return failed("credential", new CotalError("auth-expired", since, { hint: "cotal up" }));
    }
    return okay("credential", `that of ${settings.peer} is valid until ${dateOf(expiresAt)}`);
  } catch (error) {
    return { ...failed("credential", error), next: "cotal up" };
  }
}
