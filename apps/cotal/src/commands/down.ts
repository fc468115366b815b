import { readBrokerRecord, stopBroker } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { stopDaemons } from "../delivery/stop-daemons.ts";
import { withLock } from "../home/lock.ts";
import { homeOf, type MeshFiles } from "../home/mesh-files.ts";
import { type Purge, purgeMesh, purgePlan } from "../home/purge.ts";
import { stopManager } from "../manager/stop-manager.ts";
import { isMesh } from "../mesh/settings.ts";
import { type Meant, meantDocument, meantLine } from "../place/meant.ts";
import { forgetMesh } from "../place/project.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type StoppedSeat, stopSeats } from "../seat/stop-seats.ts";

type Name = "keepAgents" | "purge";

export const definition: Definition<Name> = {
  options: ["keepAgents", "purge"],
  details: ["Messages, keys and credentials stay, unless --purge --yes deletes them."],
};

export async function run({ options, host, step }: Call<Name>): Promise<Outcome> {
  const meant = await host.meant();
  const { files } = meant;
  const isPurge = options.purge === true;
  if (isPurge && options.keepAgents === true) throw contradiction();
  if (isPurge && options.yes !== true) return unconfirmed(meant, await purgePlan(files));
  // Without settings there is nothing to stop; what a broken attempt has left can still be deleted.
  const isMade = await isMesh(files);
  if (!isMade && !isPurge) return outcomeOf({ meant, stopped: [], purged: undefined });
  return await withLock(files.folder, async () => {
    step("stopping the manager");
    const manager = await stopManager(files, host.forced);
    const agents = options.keepAgents === true ? [] : await stopAgents(files, host.forced, step);
    step("stopping delivery");
    const daemons = await stopDaemons(files, host.forced);
    const stopped: Stopped[] = [
      ...manager.map((one) => ({ part: "manager" as const, ...one })),
      ...agents,
      ...daemons.map((daemon) => ({ part: "delivery" as const, ...daemon })),
      ...(await stopTheBroker(files, step)),
    ];
    if (!isPurge) return outcomeOf({ meant, stopped, purged: undefined });
    await forgetMesh(homeOf(host), files.folder);
    return outcomeOf({ meant, stopped, purged: await purgeMesh(files) });
  });
}

interface Stopped extends Omit<StoppedSeat, "name"> {
  readonly part: "manager" | "agent" | "delivery" | "broker";
  readonly name?: string;
}

async function stopAgents(
  files: MeshFiles,
  forced: AbortSignal,
  step: (text: string) => void,
): Promise<Stopped[]> {
  step("stopping the agents");
  return (await stopSeats(files, forced)).map((seat) => ({ part: "agent", ...seat }));
}

/** The pid is trusted only together with the start time of its process. */
async function stopTheBroker(files: MeshFiles, step: (text: string) => void): Promise<Stopped[]> {
  const state = await readBrokerRecord(files.broker);
  if (state.kind !== "running") return [];
  step("stopping the broker");
  const { kind: how } = await stopBroker(files.broker);
  return how === "not-running" ? [] : [{ part: "broker", pid: state.record.pid, how }];
}

interface Downed {
  readonly meant: Meant;
  readonly stopped: readonly Stopped[];
  readonly purged: Purge | undefined;
}

function outcomeOf({ meant, stopped, purged }: Downed): Outcome {
  const lines: Line[] = stopped.map(({ part, name, pid, how }) => [
    toned("good", how),
    `  ${name === undefined ? part : `${part} ${name}`}, pid ${pid}`,
  ]);
  if (stopped.length === 0) lines.push("nothing was running");
  if (purged !== undefined) lines.push(...purgeLines(purged, "deleted"));
  const deleted = purged && { deleted: purged.deletes, left: purged.leaves };
  return { result: { mesh: meantDocument(meant), stopped, ...deleted }, lines: [...which(meant), ...lines] };
}

/** Said where it is not the one that everybody has. */
function which(meant: Meant): Line[] {
  return meant.kind === "user" ? [] : [["the mesh ", ...meantLine(meant)]];
}

function unconfirmed(meant: Meant, plan: Purge): Outcome {
  const failure = new CotalError("not-confirmed", "nothing was stopped or deleted: --purge needs --yes", {
    hint: "cotal down --purge --yes deletes what is listed, for good",
  });
  return {
    result: { mesh: meantDocument(meant), wouldDelete: plan.deletes, wouldLeave: plan.leaves },
    lines: [...which(meant), ...purgeLines(plan, "would delete")],
    failure,
  };
}

function purgeLines({ deletes, leaves }: Purge, verb: string): Line[] {
  return [
    ...deletes.map(({ what, path }): Line => [toned("warn", verb), `  ${what}: ${path}`]),
    ...leaves.map((path): Line => [toned("dim", "leaves"), `  ${path}`]),
  ];
}

function contradiction(): CotalError {
  return new CotalError("usage", "agents cannot be kept when their keys are deleted", {
    hint: "leave --keep-agents or --purge away",
  });
}
