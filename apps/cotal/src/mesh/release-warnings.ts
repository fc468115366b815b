import { listDaemons } from "../delivery/daemon.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { runningManager } from "../manager/manager-note.ts";
import { isThisRelease, type Release, releaseText, thisRelease } from "../release.ts";
import type { Warning } from "../report/reporter.ts";
import { isHeld, listSeats } from "../seat/seat.ts";

interface Running extends Release {
  /** In words. */
  readonly what: string;
}

export const restartDaemons = "cotal down --keep-agents, then cotal up --detach";

/** What runs here of another release than this program, by the notes of what runs. */
export async function releaseWarnings(files: MeshFiles): Promise<Warning[]> {
  const manager = await runningManager(files);
  const { running } = await listDaemons(files);
  const { seats } = await listSeats(files);
  const daemons: readonly Running[] = [
    ...(manager ? [{ what: `the manager (process ${manager.pid})`, ...manager }] : []),
    ...running.map((daemon) => ({ what: `delivery (process ${daemon.pid})`, ...daemon })),
  ];
  const agents = seats.flatMap(({ name, holder }): Running[] =>
    holder !== undefined && isHeld({ holder }) ? [{ ...holder, what: name }] : [],
  );
  const named = agents.filter((agent) => !isThisRelease(agent)).map(({ what }) => what);
  return [
    ...warningsFor(daemons, restartDaemons),
    ...warningsFor(
      agents.map((agent) => ({ ...agent, what: `the agent ${agent.what}` })),
      named.map((name) => `cotal restart ${name}`).join("; "),
    ),
  ];
}

/** One for all that are the same other release. */
function warningsFor(all: readonly Running[], hint: string): Warning[] {
  const others = all.filter((each) => !isThisRelease(each));
  const releases = [...new Set(others.map(releaseText))];
  return releases.map((release) => {
    const named = others.filter((each) => releaseText(each) === release).map(({ what }) => what);
    const verb = named.length === 1 ? "runs" : "run";
    return {
      code: "release-differs",
      message: `${named.join(", ")} ${verb} ${release}; this is ${releaseText(thisRelease())}`,
      hint,
    };
  });
}
