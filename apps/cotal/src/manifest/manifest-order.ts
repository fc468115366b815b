import { CotalError } from "@cotal/subjects";
import { meshFilesOf } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { openRunningMesh, type RunningMesh } from "../mesh/running-mesh.ts";
import type { SpawnOrder } from "../seat/take-seat.ts";
import { applySteps } from "./apply.ts";
import type { ManifestReport } from "./manifest-lines.ts";
import { ordersIn } from "./orders.ts";
import { planOf, type Standing } from "./plan.ts";
import { type ReadManifest, readManifest } from "./read-manifest.ts";
import { agentsOf, standingOf } from "./standing.ts";

/** A manifest that was read, and can be carried out as far as can be told before anything is done. */
export interface ManifestOrder extends ReadManifest {
  readonly agents: readonly SpawnOrder[];
}

/** Refuses what cannot be, before anything is changed. */
export async function manifestOrder(file: string, host: Host): Promise<ManifestOrder> {
  const read = await readManifest(file, host.folder);
  const order = { ...read, agents: await ordersIn(read, host) };
  planOf(read.manifest, order.agents, {
    channels: undefined,
    agents: await agentsOf(await meshFilesOf(host)),
  });
  return order;
}

/** What would be done. Of a mesh that does not run, the channels are not known: all that is said of them is planned. */
export async function planManifest(
  { shown, manifest, agents }: ManifestOrder,
  host: Host,
): Promise<ManifestReport> {
  return { file: shown, plan: planOf(manifest, agents, await standingNow(host)), applied: undefined };
}

async function standingNow(host: Host): Promise<Standing> {
  try {
    return await standingOf(await openRunningMesh(host), host.interrupted);
  } catch (error) {
    const isDown = error instanceof CotalError && ["mesh-absent", "broker-absent"].includes(error.code);
    if (!isDown) throw error;
    return { channels: undefined, agents: await agentsOf(await meshFilesOf(host)) };
  }
}

/** Makes the mesh as the manifest has it. Done again, it changes nothing. */
export async function applyManifest(
  mesh: RunningMesh,
  { shown, manifest, agents }: ManifestOrder,
  { host, step }: { readonly host: Host; readonly step: (text: string) => void },
): Promise<ManifestReport> {
  step(`comparing the mesh with ${shown}`);
  const plan = planOf(manifest, agents, await standingOf(mesh, host.interrupted));
  return { file: shown, plan, applied: await applySteps(mesh, plan.steps, { host, say: step }) };
}
