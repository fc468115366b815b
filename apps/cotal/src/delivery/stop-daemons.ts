import { CotalError } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { LaunchedProcess } from "../process/launch.ts";
import { type Stopping, stopProcess } from "../process/stop-process.ts";
import { type Daemon, forgetDaemon, listDaemons } from "./daemon.ts";

export interface StoppedDaemon {
  readonly pid: number;
  /** Under which it held leases. */
  readonly holder: string | undefined;
  /** `killed`: it did not end in time by itself. */
  readonly how: Exclude<Stopping, "unstoppable">;
}

/** Stops every delivery daemon of this host; aborted, by force. Each gives its leads up before it ends. */
export async function stopDaemons(files: MeshFiles, forced: AbortSignal): Promise<StoppedDaemon[]> {
  const { running, ended } = await listDaemons(files);
  const stopped = await Promise.all(running.map((daemon) => stopDaemon(files, daemon, forced)));
  for (const daemon of ended) await forgetDaemon(files, daemon);
  return stopped;
}

const graceMs = 15_000;

export async function stopDaemon(
  files: MeshFiles,
  daemon: LaunchedProcess & Pick<Daemon, "holder">,
  forced: AbortSignal,
): Promise<StoppedDaemon> {
  const { pid } = daemon;
  const how = await stopProcess(daemon, { graceMs, forced });
  if (how === "unstoppable") {
    throw new CotalError("daemon-unstoppable", `process ${pid} still runs after SIGKILL`, {
      hint: "its disk may hang; look at the process with ps",
      data: { pid },
    });
  }
  await forgetDaemon(files, daemon);
  return { pid, holder: daemon.holder, how };
}
