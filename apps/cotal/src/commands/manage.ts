import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { createFileLog } from "../home/file-log.ts";
import { enterManager, runningManager } from "../manager/manager-note.ts";
import { runManager } from "../manager/run-manager.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { mayBegin } from "../process/start-line.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "maxAgents";

export const definition: Definition<Name> = {
  options: ["maxAgents"],
  details: [
    "Starts agents again whose process was killed, and does for peers with the right to it what cotal spawn, ps,",
    "stop, restart and rm do. It runs in the foreground until it is interrupted, as a service unit wants it;",
    "cotal up starts one by itself. Agents outlive it.",
  ],
};

const defaultMaxAgents = 32;

export async function run({ host, options, show }: Call<Name>): Promise<Outcome> {
  requireOutsideSeat(host);
  if (!(await mayBegin(host))) return { result: { event: "abandoned" }, lines: ["nobody needs it"] };
  const mesh = await openRunningMesh(host);
  const other = await runningManager(mesh.files);
  if (other !== undefined) throw isManaged(other.pid);
  const entry = await enterManager(mesh.files);
  const log = createFileLog(mesh.files.managerLog, { pid: process.pid });
  log({ level: "info", event: "manager.started" });
  try {
    await runManager({
      mesh,
      host,
      entry,
      maxAgents: options.maxAgents ?? defaultMaxAgents,
      log,
      onReady: () =>
        void show({
          result: { event: "manages" },
          lines: [[toned("good", "manages"), " the agents of this host"]],
        }),
    });
  } finally {
    await entry.takeBack();
  }
  log({ level: "info", event: "manager.ended" });
  return { result: { event: "ended" }, lines: ["the agents go on without a manager"] };
}

function isManaged(pid: number): CotalError {
  return new CotalError("lease-held", `the agents of this host are managed by process ${pid}`, {
    hint: "one is enough: stop the other one first",
    data: { pid },
  });
}
