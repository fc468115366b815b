import { type BrokerExit, describeDurability, signalProcess } from "@cotal/broker";
import { onAbort } from "@cotal/session";
import { asToken, CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { type MeshFiles, meshFilesOf } from "../home/mesh-files.ts";
import type { Migrated } from "../home/migrate-state.ts";
import type { Host } from "../host.ts";
import { type ManifestReport, manifestDocument, manifestLines } from "../manifest/manifest-lines.ts";
import type { ManifestOrder } from "../manifest/manifest-order.ts";
import { type BroughtUp, bringUp } from "../mesh/bring-up.ts";
import { joinLink } from "../mesh/join-link.ts";
import { type NetworkOptionName, publicUrl } from "../mesh/network.ts";
import { type Part, partLines } from "../mesh/part.ts";
import type { RunningBroker } from "../mesh/run-broker.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { type StoppedProcesses, stopProcesses } from "../mesh/stop-processes.ts";
import { findForUp, type Meant, meantDocument, meantLine, type UpMeant } from "../place/meant.ts";
import { codedError } from "../report/coded-error.ts";
import { facts, type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type StoppedSeat, stopSeats } from "../seat/stop-seats.ts";

type Name =
  | "manifest"
  | "dryRun"
  | "here"
  | "adopt"
  | "open"
  | "port"
  | "sync"
  | "storage"
  | "as"
  | NetworkOptionName
  | "broker"
  | "detach";

export const definition: Definition<Name> = {
  options: [
    "manifest",
    "dryRun",
    "here",
    "adopt",
    "open",
    "port",
    "sync",
    "storage",
    "as",
    "host",
    "address",
    "tlsCert",
    "tlsKey",
    "tlsCa",
    "broker",
    "detach",
  ],
  details: [
    "What it starts ends with it: Ctrl-C stops the mesh, a second Ctrl-C does so by force.",
    "With --detach, or when the mesh was running before, it is left running.",
    "",
    "It is your own mesh, main, or that of the project that you stand in. With --here the project of this folder",
    "gets one of its own, in .cotal, which git does not see; the other commands find it from any folder below.",
    "",
    "It listens to this machine alone. For others give it an address of the machine by --host, with TLS by",
    "--tls-cert and --tls-key; the mesh remembers them.",
    "",
    "With --manifest it also makes channels, agents and their rights as a cotal.yaml has them; --dry-run",
    "only says what would be done. What the file does not name is left as it is.",
    "",
    "All programs of one user of this machine can read each other's files: the boundary",
    "between peers is their identity on the network.",
  ],
};

/** Ends when the mesh is up and shall be left running; else with the mesh. */
export async function run(call: Call<Name>): Promise<Outcome> {
  const place = await placed(call);
  const { host, options } = call;
  const { order, asked } = await ordered(call);
  if (options.dryRun === true) return await planned(order, host);
  const up = await withManifest(await bringUp({ host, asked, ...place, step: call.step }), order, call);
  const { running, failure } = up;
  if (running === undefined || !running.started) return outcomeOf(up);
  const staysUp = options.detach === true && failure?.code !== "interrupted";
  if (staysUp) return outcomeOf(up);
  if (failure !== undefined) return outcomeOf(await withoutBroker(up, running, host));
  call.show(outcomeOf(up));
  return await stay(running, call);
}

/** From here on all of it is about one mesh. */
async function placed(call: Call<Name>): Promise<Omit<UpMeant, "meant">> {
  const { here = false, adopt = false, space } = call.options;
  if (adopt && !here) {
    throw new CotalError("usage", "--adopt is about the mesh of this folder", {
      hint: "cotal up --here --adopt",
    });
  }
  const by = call.host.env.COTAL_SPACE === space ? "environment" : "flag";
  const asked = space === undefined ? undefined : ({ space, by } as const);
  const { meant, ...place } = await findForUp(call.host, { space: asked, here, adopt });
  call.host.decide(meant);
  return place;
}

type Up = BroughtUp & { readonly manifest?: ManifestReport };

interface Ordered {
  readonly order: ManifestOrder | undefined;
  readonly asked: Call<Name>["options"];
}

/** What a manifest says of the mesh itself is asked for like a flag. */
async function ordered({ host, options }: Call<Name>): Promise<Ordered> {
  if (options.manifest === undefined) return { order: undefined, asked: options };
  const { manifestOrder } = await import("../manifest/manifest-order.ts");
  const order = await manifestOrder(options.manifest, host);
  const { space } = order.manifest;
  if (space === undefined) return { order, asked: options };
  if (options.space === undefined || options.space === space)
    return { order, asked: { ...options, space: asToken("space", space) } };
  throw new CotalError("usage", `${order.shown} has the space ${space}, not ${options.space}`, {
    hint: "leave --space away",
  });
}

async function planned(order: ManifestOrder | undefined, host: Host): Promise<Outcome> {
  if (order === undefined) {
    throw new CotalError("usage", "--dry-run needs a manifest to plan by", {
      hint: "cotal up -f cotal.yaml --dry-run; cotal status shows what runs",
    });
  }
  const { planManifest } = await import("../manifest/manifest-order.ts");
  const report = await planManifest(order, host);
  return { result: { dryRun: true, manifest: manifestDocument(report) }, lines: manifestLines(report) };
}

/** The manifest is carried out on a mesh that came up whole. */
async function withManifest(
  up: BroughtUp,
  order: ManifestOrder | undefined,
  { host, step }: Call<Name>,
): Promise<Up> {
  if (order === undefined || up.failure !== undefined) return up;
  const { applyManifest } = await import("../manifest/manifest-order.ts");
  try {
    const manifest = await applyManifest(await openRunningMesh(host), order, { host, step });
    const failed = manifest.applied?.find(({ error }) => error !== undefined);
    return { ...up, manifest, failure: failed?.error };
  } catch (error) {
    return { ...up, failure: codedError(error) };
  }
}

/** In the foreground nothing is left of what did not come up. */
async function withoutBroker(up: Up, { broker }: RunningBroker, host: Host): Promise<Up> {
  const files = await meshFilesOf(host);
  const { manager, daemons } = await stopAll(files, host);
  await broker.stop();
  const stopped = new Set<Part["part"]>([
    "broker",
    ...(daemons.length > 0 ? ["delivery" as const] : []),
    ...(manager.length > 0 ? ["manager" as const] : []),
  ]);
  const parts = up.parts.map(
    (part): Part =>
      stopped.has(part.part) && part.state === "up"
        ? { part: part.part, state: "stopped", evidence: "stopped again" }
        : part,
  );
  return { ...up, parts, running: undefined };
}

async function stay({ broker }: RunningBroker, { host, step }: Call<Name>): Promise<Outcome> {
  const ended = await broker.exited({ signal: host.interrupted }).catch((error: unknown) => {
    if (host.interrupted.aborted) return "interrupted" as const;
    throw error;
  });
  const files = await meshFilesOf(host);
  if (ended !== "interrupted") {
    // Agents go on: the next broker finds them.
    await stopProcesses({ files, forced: host.forced, isLocked: false, stopAgents: async () => [] });
    return exitOutcome(ended);
  }
  step("stopping the agents, delivery and the broker");
  await stopAll(files, host);
  const forget = onAbort(host.forced, () => signalProcess(broker, "SIGKILL"));
  const { kind } = await broker.stop().finally(forget);
  if (host.forced.aborted) {
    const failure = new CotalError("interrupted", "the mesh was stopped by force", {
      hint: "cotal up checks what is stored when it starts again",
    });
    return { result: { stopped: kind === "killed" ? kind : "forced" }, lines: [], failure };
  }
  return { result: { stopped: kind }, lines: ["the mesh is stopped; what is stored stays"] };
}

/** All but the broker. */
function stopAll(files: MeshFiles, { forced }: Host): Promise<StoppedProcesses<StoppedSeat>> {
  return stopProcesses({ files, forced, isLocked: false, stopAgents: () => stopSeats(files, forced) });
}

/** Another command may have stopped it, which is no failure. */
function exitOutcome({ cause, log }: BrokerExit): Outcome {
  if (cause.kind === "exited" && cause.code === 0) {
    return { result: { stopped: "by-another" }, lines: ["another command has stopped the mesh"] };
  }
  const failure = new CotalError("broker-died", `the broker has ended: ${log.at(-1) ?? "it said nothing"}`, {
    hint: "cotal up starts it again",
    data: { cause, log },
  });
  return { result: { stopped: "died" }, lines: [], failure };
}

function outcomeOf({ meant, migrated, settings, parts, running, failure, manifest }: Up): Outcome {
  const broker = running?.broker;
  const { space, mode, peer } = settings;
  const result = {
    space,
    mesh: meantDocument(meant),
    mode,
    ...(migrated && { migrated }),
    parts,
    ...(broker && {
      started: running.started,
      server: broker.url,
      pid: broker.pid,
      version: broker.version,
      durability: describeDurability(broker.durability),
      link: joinLink(publicUrl(broker.url, settings), settings.space),
    }),
    ...(manifest && { manifest: manifestDocument(manifest) }),
  };
  const lines = [
    ...(migrated ? [migratedLine(migrated)] : []),
    ...partLines(parts),
    ...(manifest ? ["", ...manifestLines(manifest)] : []),
    ...(failure === undefined && broker ? readyLines(result, { peer, meant }) : []),
  ];
  return { result, lines, failure };
}

function migratedLine({ from, to, copy }: Migrated): Line {
  return [toned("good", "migrated     "), `from format ${from} to ${to}; as it was it lies in ${copy}`];
}

interface Ready {
  readonly mode: "auth" | "open";
  readonly durability?: string;
  readonly link?: string;
}

function readyLines(
  { mode, durability = "", link = "" }: Ready,
  { peer, meant }: { readonly peer: string; readonly meant: Meant },
): Line[] {
  const access =
    mode === "open" ? "whoever reaches the broker may do everything" : "credentials are asked for";
  return [
    "",
    ...facts([
      ["mesh", ...meantLine(meant)],
      ["join link", toned("strong", link)],
      ["access", access],
      ["durability", durability],
      ["you are", peer],
    ]),
    "",
    "One OS user is one domain of trust: agents of this user can read each other's files.",
    [toned("dim", "next  "), "cotal spawn echo1 --preset echo            an agent that says what it hears"],
    [toned("dim", "      "), "cotal send -t echo1 hello --wait-reply     a message to it, and its reply"],
    [
      toned("dim", "      "),
      "cotal status                               what runs, and whether it is in order",
    ],
    [toned("dim", "      "), "cotal down                                 stop it"],
  ];
}
