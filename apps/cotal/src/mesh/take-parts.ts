import { takeDelivery } from "../delivery/take-delivery.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { takeManager } from "../manager/take-manager.ts";
import type { EarlyDaemons } from "./early-daemons.ts";
import { loadKeys, makeKeys } from "./keys.ts";
import type { Mesh } from "./mesh.ts";
import { requirePeerName, takeOwnPeer } from "./own-peer.ts";
import type { PartLedger, Taken } from "./part.ts";
import { type RunningBroker, runBroker } from "./run-broker.ts";
import { dialOf } from "./running-mesh.ts";
import { setUpSpace } from "./set-up-space.ts";
import { type MeshSettings, writeSettings } from "./settings.ts";

export interface Making {
  readonly host: Host;
  /** The nats-server that the user names. */
  readonly explicit: string | undefined;
  readonly files: MeshFiles;
  readonly isNew: boolean;
  readonly settings: MeshSettings;
  readonly ledger: PartLedger;
  readonly early: EarlyDaemons;
}

/** The broker, if it came so far. */
export async function takeParts(making: Making): Promise<RunningBroker | undefined> {
  const { host, explicit, ledger, early } = making;
  let running: RunningBroker | undefined;
  try {
    const mesh = await ledger.take("keys", "looking for the keys", () => takeKeys(making));
    running = await ledger.take("broker", "starting the broker", () => takeBroker(mesh, host, explicit));
    const at = { dial: dialOf(running.broker), signal: host.interrupted };
    await ledger.take("space", `setting up the space ${mesh.settings.space}`, () => setUpSpace(mesh, at));
    await ledger.take("peer", "looking after your peer", () => takeOwnPeer(mesh, at));
    const isServed = mesh.settings.mode === "auth";
    // Neither needs the other, and each takes the time of a process that starts.
    await Promise.allSettled([
      isServed &&
        ledger.take("delivery", "starting delivery", () =>
          takeDelivery(mesh, { host, at, early: early.delivery }),
        ),
      ledger.take("manager", "starting the manager", () => takeManager(mesh, { host, early: early.manager })),
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
