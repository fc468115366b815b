import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { launchWaiting, type WaitingProcess } from "../process/launch.ts";

export function launchManager(host: Host, files: MeshFiles): Promise<WaitingProcess> {
  const words = ["manage", "--json", "--quiet"];
  return launchWaiting(host, { words, log: files.managerLog, mesh: files.folder });
}
