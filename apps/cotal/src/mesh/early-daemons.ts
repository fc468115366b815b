import { listDaemons } from "../delivery/daemon.ts";
import { launchDelivery } from "../delivery/launch-delivery.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { launchManager } from "../manager/launch-manager.ts";
import { runningManager } from "../manager/manager-note.ts";
import type { WaitingProcess } from "../process/launch.ts";
import type { MeshSettings } from "./settings.ts";

/**
 * Daemons at their start line: they load their code while the mesh is made that they are for. Those that are not told
 * to begin end, also when this process does.
 */
export interface EarlyDaemons {
  readonly delivery: WaitingProcess | undefined;
  readonly manager: WaitingProcess | undefined;
  /** Ends those that were not told to begin. */
  abandon(): void;
}

export async function launchEarly(
  host: Host,
  { files, settings }: { readonly files: MeshFiles; readonly settings: MeshSettings },
): Promise<EarlyDaemons> {
  const [daemons, manager] = await Promise.all([listDaemons(files), runningManager(files)]);
  const isServed = settings.mode === "open" || daemons.running.length > 0;
  // One that cannot be launched now is launched, and what stands in the way is told, when its turn comes.
  const [early, earlyManager] = await Promise.allSettled([
    isServed ? undefined : launchDelivery(host, files),
    manager === undefined ? launchManager(host, files) : undefined,
  ]);
  const launched = {
    delivery: early.status === "fulfilled" ? early.value : undefined,
    manager: earlyManager.status === "fulfilled" ? earlyManager.value : undefined,
  };
  return {
    ...launched,
    abandon: () => {
      launched.delivery?.abandon();
      launched.manager?.abandon();
    },
  };
}
