import { sleep, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { endOfLog } from "../home/file-log.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { Taken } from "../mesh/part.ts";
import type { WaitingProcess } from "../process/launch.ts";
import { launchManager } from "./launch-manager.ts";
import { runningManager } from "./manager-note.ts";
import { stopManager } from "./stop-manager.ts";

/** Also when another one was killed on another host, whose lease has to become stale. */
const readyMs = 60_000;
const pollMs = 5;
const shownLines = 10;

export interface ManagerOrder {
  readonly host: Host;
  /** One that waits at its start line, in case that one is needed. */
  readonly early: WaitingProcess | undefined;
}

/** Sees to it that the manager runs. Resolves when it holds its lease and answers. */
export async function takeManager({ files }: Mesh, { host, early }: ManagerOrder): Promise<Taken<undefined>> {
  const running = await runningManager(files);
  if (running === undefined) await start(files, early ?? (await launchManager(host, files)));
  const { pid } = await untilReady(files, host);
  return { value: undefined, evidence: `${running === undefined ? "started" : "was running"}: pid ${pid}` };
}

async function start(files: MeshFiles, launched: WaitingProcess): Promise<void> {
  const { process: started, ended } = launched;
  launched.begin();
  const until = systemClock.uptime() + readyMs;
  while (started !== undefined && !ended.aborted && systemClock.uptime() < until) {
    if ((await runningManager(files))?.pid === started.pid) return;
    await sleep(systemClock, pollMs);
  }
  throw await managerEnded(files);
}

async function untilReady(files: MeshFiles, host: Host): Promise<{ readonly pid: number }> {
  const until = systemClock.uptime() + readyMs;
  for (;;) {
    const note = await runningManager(files);
    if (note === undefined) throw await managerEnded(files);
    if (note.ready) return note;
    if (host.interrupted.aborted) {
      // Nobody is told of it any more: it must not outlive the call.
      await stopManager(files, host.forced);
      throw host.interrupted.reason;
    }
    if (systemClock.uptime() >= until) throw notReady(note.pid);
    await sleep(systemClock, pollMs);
  }
}

async function managerEnded({ managerLog }: MeshFiles): Promise<CotalError> {
  return new CotalError("daemon-ended", "the manager has ended", {
    hint: "cotal logs manager says why",
    data: { log: await endOfLog(managerLog, shownLines) },
  });
}

function notReady(pid: number): CotalError {
  return new CotalError("daemon-not-ready", `the manager, process ${pid}, does not manage yet`, {
    hint: "it is left running: see cotal logs manager",
    data: { pid, timeoutMs: readyMs },
  });
}
