import { userInfo } from "node:os";
import { basename, dirname } from "node:path";
import { readBrokerRecord } from "@cotal/broker";
import type { CotalError } from "@cotal/subjects";
import { listDaemons } from "../delivery/daemon.ts";
import { withLock } from "../home/lock.ts";
import { type MeshFiles, mainName } from "../home/mesh-files.ts";
import { type Migrated, migrateState } from "../home/migrate-state.ts";
import { stateFormat, stateRules } from "../home/state-format.ts";
import { seeState } from "../home/state-sight.ts";
import type { Host } from "../host.ts";
import { runningManager } from "../manager/manager-note.ts";
import type { OptionValues } from "../option-table.ts";
import type { KnownMesh } from "../place/known-meshes.ts";
import type { Meant } from "../place/meant.ts";
import { isHeld, listSeats } from "../seat/seat.ts";
import { launchEarly } from "./early-daemons.ts";
import { type NetworkOptionName, networkAsked } from "./network.ts";
import { createLedger, type Part } from "./part.ts";
import { type Planning, planMesh, type Surroundings, type UpOptionName } from "./plan.ts";
import type { RunningBroker } from "./run-broker.ts";
import { type MeshSettings, readSettings } from "./settings.ts";
import type { Making } from "./take-parts.ts";

export interface BringUp {
  readonly host: Host;
  readonly asked: OptionValues<UpOptionName | NetworkOptionName | "broker">;
  /** Other meshes of this user. */
  readonly others: readonly KnownMesh[];
  /** Makes what the mesh lies in. */
  readonly prepare: () => Promise<void>;
  readonly step: (text: string) => void;
}

/** What a call of `up` came to. */
export interface BroughtUp {
  readonly meant: Meant;
  /** When it had an older format. */
  readonly migrated: Migrated | undefined;
  readonly settings: MeshSettings;
  readonly parts: readonly Part[];
  readonly running: RunningBroker | undefined;
  /** Why it came no further. */
  readonly failure: CotalError | undefined;
}

/**
 * Makes or heals the mesh, part by part; each needs the ones before. What is in order is left as it is. A part
 * that fails ends it, and the parts tell how far it came. What contradicts the mesh is refused before anything is
 * made or changed.
 */
export async function bringUp(order: BringUp): Promise<BroughtUp> {
  const { host, step, prepare } = order;
  const meant = await host.meant();
  const { files } = meant;
  // One of an older format says what it is only once it is migrated.
  if ((await seeState(files, stateFormat)).kind !== "older") await planIn(order, meant);
  return await withLock(files.folder, async () => {
    await prepare();
    const migrated = await migrateState(files, {
      rules: stateRules,
      isRunning: () => isAnyRunning(files),
      step,
    });
    const { made, settings } = await planIn(order, meant);
    const ledger = createLedger({
      step,
      signal: host.interrupted,
      without: settings.mode === "open" ? "delivery" : undefined,
    });
    const broker = await take(order, { files, isNew: made === undefined, settings, ledger });
    return { meant, migrated, settings, parts: ledger.list(), running: broker, failure: ledger.failure };
  });
}

/** What makes the parts is loaded while the daemons load what they need. */
async function take(
  { host, asked }: BringUp,
  making: Omit<Making, "host" | "explicit" | "early">,
): Promise<RunningBroker | undefined> {
  const early = await launchEarly(host, making);
  try {
    const { takeParts } = await import("./take-parts.ts");
    return await takeParts({ ...making, host, explicit: asked.broker, early });
  } finally {
    early.abandon();
  }
}

async function isAnyRunning(files: MeshFiles): Promise<boolean> {
  const [broker, manager] = [await readBrokerRecord(files.broker), await runningManager(files)];
  if (broker.kind === "running" || manager !== undefined) return true;
  const [daemons, { seats }] = [await listDaemons(files), await listSeats(files)];
  return daemons.running.length > 0 || seats.some(isHeld);
}

interface MeshPlan {
  readonly made: MeshSettings | undefined;
  readonly settings: MeshSettings;
}

async function planIn({ host, asked, others }: BringUp, meant: Meant): Promise<MeshPlan> {
  const { files } = meant;
  const made = await readSettings(files);
  const running = await runningNow(files);
  const network = networkAsked(asked, host.folder);
  const login = (): string => userInfo().username;
  const around = aroundOf(meant, others);
  return { made, settings: planMesh({ asked, network, made, running, login, around }) };
}

/** The name of the main mesh is kept for it as long as it is not made. */
function aroundOf({ files, kind }: Meant, others: readonly KnownMesh[]): Surroundings {
  const taken = others.flatMap((mesh) => {
    const space = mesh.space ?? (mesh.kind === "user" ? mainName : undefined);
    return space === undefined ? [] : [[space, mesh.files.folder] as const];
  });
  return {
    spaceName: kind === "user" ? mainName : basename(dirname(files.folder)),
    taken: new Map(taken),
  };
}

async function runningNow({ broker }: MeshFiles): Promise<Planning["running"]> {
  const state = await readBrokerRecord(broker);
  if (state.kind !== "running") return undefined;
  const { port, durability } = state.record;
  return { port, everyWrite: durability.kind === "fsync-each" };
}
