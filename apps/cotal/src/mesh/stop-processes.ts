import { type StoppedDaemon, stopDaemons } from "../delivery/stop-daemons.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { type StoppedManager, stopManager } from "../manager/stop-manager.ts";
import { together } from "../together.ts";

export interface StopOrder<Agent> {
  readonly files: MeshFiles;
  readonly forced: AbortSignal;
  /** Whether the caller has locked the mesh, so that nothing is started again meanwhile. */
  readonly isLocked: boolean;
  readonly stopAgents: () => Promise<readonly Agent[]>;
  readonly step?: (text: string) => void;
}

export interface StoppedProcesses<Agent> {
  readonly manager: readonly StoppedManager[];
  readonly agents: readonly Agent[];
  readonly daemons: readonly StoppedDaemon[];
}

/**
 * Stops all but the broker. Agents end before delivery, which takes what they hand back; and after the manager where
 * it could start them again.
 */
export async function stopProcesses<Agent>({
  files,
  forced,
  isLocked,
  stopAgents,
  step = () => undefined,
}: StopOrder<Agent>): Promise<StoppedProcesses<Agent>> {
  step("stopping the manager");
  const managing = stopManager(files, forced);
  const serving = async () => {
    if (!isLocked) await managing;
    const agents = await stopAgents();
    step("stopping delivery");
    return { agents, daemons: await stopDaemons(files, forced) };
  };
  const [manager, others] = await together([managing, serving()]);
  return { manager, ...others };
}
