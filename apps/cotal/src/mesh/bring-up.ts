import { userInfo } from "node:os";
import { basename, dirname } from "node:path";
import { readBrokerRecord } from "@cotal/broker";
import type { CotalError } from "@cotal/subjects";
import { listDaemons } from "../delivery/daemon.ts";
import { takeDelivery } from "../delivery/take-delivery.ts";
import { withLock } from "../home/lock.ts";
import { type MeshFiles, mainName } from "../home/mesh-files.ts";
import { type Migrated, migrateState } from "../home/migrate-state.ts";
import { stateFormat, stateRules } from "../home/state-format.ts";
import { seeState } from "../home/state-sight.ts";
import type { Host } from "../host.ts";
import { runningManager } from "../manager/manager-note.ts";
import { takeManager } from "../manager/take-manager.ts";
import type { OptionValues } from "../option-table.ts";
import type { KnownMesh } from "../place/known-meshes.ts";
import type { Meant } from "../place/meant.ts";
import { isHeld, listSeats } from "../seat/seat.ts";
import { loadKeys, makeKeys } from "./keys.ts";
import type { Mesh } from "./mesh.ts";
import { type NetworkOptionName, networkAsked } from "./network.ts";
import { requirePeerName, takeOwnPeer } from "./own-peer.ts";
import { createLedger, type Part, type PartLedger, type Taken } from "./part.ts";
import { type Planning, planMesh, type Surroundings, type UpOptionName } from "./plan.ts";
import { type RunningBroker, runBroker } from "./run-broker.ts";
import { dialOf } from "./running-mesh.ts";
import { setUpSpace } from "./set-up-space.ts";
import { type MeshSettings, readSettings, writeSettings } from "./settings.ts";

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
    const broker = await takeParts(order, { files, isNew: made === undefined, settings, ledger });
    return { meant, migrated, settings, parts: ledger.list(), running: broker, failure: ledger.failure };
  });
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

interface Making {
  readonly files: MeshFiles;
  readonly isNew: boolean;
  readonly settings: MeshSettings;
  readonly ledger: PartLedger;
}

/** The broker, if it came so far. */
async function takeParts({ host, asked }: BringUp, making: Making): Promise<RunningBroker | undefined> {
  const { ledger } = making;
  let running: RunningBroker | undefined;
  try {
    const mesh = await ledger.take("keys", "looking for the keys", () => takeKeys(making));
    running = await ledger.take("broker", "starting the broker", () => takeBroker(mesh, host, asked.broker));
    const at = { dial: dialOf(running.broker), signal: host.interrupted };
    await ledger.take("space", `setting up the space ${mesh.settings.space}`, () => setUpSpace(mesh, at));
    await ledger.take("peer", "looking after your peer", () => takeOwnPeer(mesh, at));
    const isServed = mesh.settings.mode === "auth";
    // Neither needs the other, and each takes the time of a process that starts.
    await Promise.allSettled([
      isServed && ledger.take("delivery", "starting delivery", () => takeDelivery(mesh, { host, at })),
      ledger.take("manager", "starting the manager", () => takeManager(mesh, host)),
    ]);
    if (ledger.failure !== undefined) throw ledger.failure;
    return running;
  } catch (error) {
    // The ledger has noted it, with the part that it belongs to.
    if (error !== ledger.failure) throw error;
    return running;
  }
}

/** The keys come first and the settings follow, so that settings without keys mean a loss. */
async function takeKeys({ files, isNew, settings }: Making): Promise<Taken<Mesh>> {
  const keys = isNew ? await makeKeys(files, settings) : await loadKeys(files, settings);
  if (isNew) requirePeerName({ ...keys, settings });
  await writeSettings(files, settings);
  return { value: { files, settings, ...keys }, evidence: `${isNew ? "made" : "found"} in ${files.trust}` };
}

async function takeBroker(
  mesh: Mesh,
  host: Host,
  explicit: string | undefined,
): Promise<Taken<RunningBroker>> {
  const value = await runBroker(mesh, { host, explicit });
  const { url, version, pid } = value.broker;
  const how = value.started ? "started" : "was running";
  return { value, evidence: `${how}: nats-server ${version} at ${url}, pid ${pid}` };
}

async function runningNow({ broker }: MeshFiles): Promise<Planning["running"]> {
  const state = await readBrokerRecord(broker);
  if (state.kind !== "running") return undefined;
  const { port, durability } = state.record;
  return { port, everyWrite: durability.kind === "fsync-each" };
}
