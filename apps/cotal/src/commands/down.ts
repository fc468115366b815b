import { readBrokerRecord, stopBroker } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { type MeshFiles, meshFilesOf } from "../home/mesh-files.ts";
import { type Purge, purgeMesh, purgePlan } from "../home/purge.ts";
import { readSettings } from "../mesh/settings.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

export const definition: Definition<"purge"> = {
  options: ["purge"],
  details: ["Messages, keys and credentials stay, unless --purge --yes deletes them."],
};

export async function run({ options, host, step }: Call<"purge">): Promise<Outcome> {
  const files = meshFilesOf(host);
  const isPurge = options.purge === true;
  if (isPurge && options.yes !== true) return unconfirmed(await purgePlan(files));
  // Without settings there is nothing to stop; what a broken attempt has left can still be deleted.
  const isMade = (await readSettings(files)) !== undefined;
  if (!isMade && !isPurge) return outcomeOf({ stopped: [], purged: undefined });
  return await withLock(files.folder, async () => {
    const stopped = await stopAll(files, step);
    return outcomeOf({ stopped, purged: isPurge ? await purgeMesh(files) : undefined });
  });
}

interface Stopped {
  readonly part: "broker";
  readonly pid: number;
  /** `killed`: it did not end in time by itself. */
  readonly how: "stopped" | "killed";
}

/** The pid is trusted only together with the start time of its process. */
async function stopAll(files: MeshFiles, step: (text: string) => void): Promise<Stopped[]> {
  const state = await readBrokerRecord(files.broker);
  if (state.kind !== "running") return [];
  step("stopping the broker");
  const { kind: how } = await stopBroker(files.broker);
  return how === "not-running" ? [] : [{ part: "broker", pid: state.record.pid, how }];
}

interface Downed {
  readonly stopped: readonly Stopped[];
  readonly purged: Purge | undefined;
}

function outcomeOf({ stopped, purged }: Downed): Outcome {
  const lines: Line[] = stopped.map(({ part, pid, how }) => [toned("good", how), `  ${part}, pid ${pid}`]);
  if (stopped.length === 0) lines.push("nothing was running");
  if (purged !== undefined) lines.push(...purgeLines(purged, "deleted"));
  return { result: { stopped, ...(purged && { deleted: purged.deletes, left: purged.leaves }) }, lines };
}

function unconfirmed(plan: Purge): Outcome {
  const failure = new CotalError("not-confirmed", "nothing was stopped or deleted: --purge needs --yes", {
    hint: "cotal down --purge --yes deletes what is listed, for good",
  });
  return {
    result: { wouldDelete: plan.deletes, wouldLeave: plan.leaves },
    lines: purgeLines(plan, "would delete"),
    failure,
  };
}

function purgeLines({ deletes, leaves }: Purge, verb: string): Line[] {
  return [
    ...deletes.map(({ what, path }): Line => [toned("warn", verb), `  ${what}: ${path}`]),
    ...leaves.map((path): Line => [toned("dim", "leaves"), `  ${path}`]),
  ];
}
