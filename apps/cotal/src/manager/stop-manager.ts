import { CotalError } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { stopProcess } from "../process/stop-process.ts";
import { holderName } from "./holder-name.ts";
import { runningManager } from "./manager-note.ts";

export interface StoppedManager {
  readonly pid: number;
  /** Under which it held its lease. */
  readonly holder: string;
  /** `killed`: it did not end in time by itself. */
  readonly how: "stopped" | "killed";
}

const graceMs = 15_000;

/** Stops the manager, and none of its agents. Nothing when it does not run. */
export async function stopManager(files: MeshFiles, forced: AbortSignal): Promise<readonly StoppedManager[]> {
  const running = await runningManager(files);
  if (running === undefined) return [];
  const { pid } = running;
  const how = await stopProcess(running, { graceMs, forced });
  if (how !== "unstoppable") return [{ pid, holder: holderName(running), how }];
  throw new CotalError("daemon-unstoppable", `process ${pid} still runs after SIGKILL`, {
    hint: "its disk may hang; look at the process with ps",
    data: { pid },
  });
}
