import { describeDurability } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import type { Host } from "../host.ts";
import { checkDocument, checkLines } from "../mesh/check.ts";
import { componentLines, probeComponents } from "../mesh/components.ts";
import { joinLink } from "../mesh/join-link.ts";
import { openMesh } from "../mesh/mesh.ts";
import { publicUrl } from "../mesh/network.ts";
import { type Probed, probeMesh } from "../mesh/probe-mesh.ts";
import type { MeshSettings } from "../mesh/settings.ts";
import { type Meant, meantDocument, meantLine } from "../place/meant.ts";
import { facts, type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

export const definition: Definition<"components"> = {
  options: ["components"],
  details: [
    "Everything is probed now; nothing is told from memory. The exit code is that of the first failed check.",
    "With --components each part is asked by itself: the broker, each shard, each daemon, the manager, each agent.",
  ],
};

export async function run({ host, options, step }: Call<"components">): Promise<Outcome> {
  const mesh = await openMesh(host);
  step("probing the mesh");
  const probed = await probeMesh(mesh, host.interrupted);
  host.interrupted.throwIfAborted();
  const found = { meant: await host.meant(), settings: mesh.settings, probed };
  const outcome = outcomeOf(found);
  if (options.components !== true) return outcome;
  step("asking each part");
  const components = await probeComponents(mesh, probed, host.interrupted);
  host.interrupted.throwIfAborted();
  return {
    ...outcome,
    result: { ...outcome.result, components },
    lines: [...headLines(found), "", ...componentLines(components)],
  };
}

/** What bare `cotal` says: the state when something runs, else how to begin. */
export async function briefly(host: Host): Promise<Outcome> {
  try {
    const mesh = await openMesh(host);
    const probed = await probeMesh(mesh, host.interrupted);
    if (probed.broker === undefined) return nothingRuns();
    const found = { meant: await host.meant(), settings: mesh.settings, probed };
    return { ...outcomeOf(found), lines: headLines(found) };
  } catch (error) {
    if (error instanceof CotalError && error.code === "mesh-absent") return nothingRuns();
    throw error;
  }
}

interface Found {
  readonly meant: Meant;
  readonly settings: MeshSettings;
  readonly probed: Probed;
}

function outcomeOf(found: Found): Outcome {
  const { meant, settings, probed } = found;
  const { broker, seats, checks, delivery } = probed;
  const { space, mode, peer } = settings;
  const result = {
    running: broker !== undefined,
    space,
    mesh: meantDocument(meant),
    mode,
    peer,
    ...(broker && {
      server: broker.url,
      pid: broker.pid,
      version: broker.version,
      durability: describeDurability(broker.durability),
      link: joinLink(publicUrl(broker.url, settings), space),
    }),
    checks: checks.map(checkDocument),
    seats,
    ...(delivery && { delivery }),
  };
  const failure = checks.find(({ verdict }) => verdict === "failed")?.failure;
  return {
    result,
    lines: [...headLines(found), "", ...checkLines(checks)],
    failure,
  };
}

function headLines({ meant, settings, probed: { broker, checks } }: Found): Line[] {
  const { space, mode } = settings;
  const link = broker && joinLink(publicUrl(broker.url, settings), space);
  const amiss = checks.filter(({ verdict }) => verdict !== "ok").map(({ id }) => id);
  const state = amiss.length === 0 ? toned("good", "in order") : toned("warn", `look at ${amiss.join(", ")}`);
  return facts([
    ["space", toned("strong", space), mode === "open" ? " (open)" : ""],
    ["mesh", ...meantLine(meant)],
    ["join link", link ?? "none: it is not running"],
    ["state", state],
  ]);
}

function nothingRuns(): Outcome {
  const lines: Line[] = [
    "Nothing is running here.",
    [toned("strong", "cotal up      "), "start the mesh"],
    [toned("strong", "cotal --help  "), "see all commands"],
  ];
  return { result: { running: false }, lines };
}
