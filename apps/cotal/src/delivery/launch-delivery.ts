import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { launchWaiting, type WaitingProcess } from "../process/launch.ts";
import { logOf } from "./daemon.ts";

/** A delivery daemon that waits for what is still led, once it was told to begin. */
export function launchDelivery(host: Host, files: MeshFiles): Promise<WaitingProcess> {
  const words = ["deliver", "--standby", "--json", "--quiet"];
  return launchWaiting(host, { words, log: logOf(files), mesh: files.folder });
}
