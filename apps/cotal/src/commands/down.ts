import { readBrokerRecord, type StopOptions, stopBroker } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { listDaemons } from "../delivery/daemon.ts";
import { withLock } from "../home/lock.ts";
import { homeOf, type MeshFiles } from "../home/mesh-files.ts";
import { type Purge, purgeMesh, purgePlan } from "../home/purge.ts";
import type { Host } from "../host.ts";
import { runningManager } from "../manager/manager-note.ts";
import type { Lease } from "../mesh/leases.ts";
import { isMesh } from "../mesh/settings.ts";
import { stopProcesses } from "../mesh/stop-processes.ts";
import type { OptionValues } from "../option-table.ts";
import { type Meant, meantDocument, meantLine } from "../place/meant.ts";
import { forgetMesh } from "../place/project.ts";
import { type Line, type Span, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type DrainedSeat, drainSeats } from "../seat/drain-seats.ts";
import { isHeld, listSeats } from "../seat/seat.ts";
import { type StoppedSeat, stopSeats } from "../seat/stop-seats.ts";
import { together } from "../together.ts";

type Name = "keepAgents" | "purge" | "drain" | "timeout" | "dryRun";

export const definition: Definition<Name> = {
  options: ["keepAgents", "drain", "timeout", "purge", "dryRun"],
  details: [
    "Messages, keys and credentials stay, unless --purge --yes deletes them. With --drain agents first finish what",
    "they have in hand, and clients are told to leave; Ctrl-C, or --timeout, ends the wait, and it stops as ever.",
  ],
};

export async function run({ options, host, step }: Call<Name>): Promise<Outcome> {
  const meant = await host.meant();
  const { files } = meant;
  const isPurge = options.purge === true;
  if (isPurge && options.keepAgents === true) throw contradiction();
  if (options.dryRun === true) return await planned(meant, options);
  if (isPurge && options.yes !== true) return unconfirmed(meant, await purgePlan(files));
  // Without settings there is nothing to stop; what a broken attempt has left can still be deleted.
  const isMade = await isMesh(files);
  if (!isMade && !isPurge) return outcomeOf({ meant, stopped: [], purged: undefined });
  return await withLock(files.folder, async () => {
    const patience = options.drain === true ? patienceOf(options, host.interrupted) : undefined;
    const stopping = { files, forced: host.forced, step, patience };
    const isLed =
      (await runningManager(files)) !== undefined || (await listDaemons(files)).running.length > 0;
    const stopAgents = async () => (options.keepAgents === true ? [] : await stopTheAgents(stopping));
    const ending = stopProcesses({ files, forced: host.forced, isLocked: true, stopAgents, step });
    const [{ manager, agents, daemons }, leases] = await together([
      ending,
      isLed ? leasesAfter(host, ending) : [],
    ]);
    const stopped: Stopped[] = [
      ...manager.map((one) => verified({ part: "manager", ...one }, leases)),
      ...agents,
      ...daemons.map((daemon) => verified({ part: "delivery", ...daemon }, leases)),
      ...(await stopTheBroker(stopping)),
    ];
    if (!isPurge) return outcomeOf({ meant, stopped, purged: undefined });
    await forgetMesh(homeOf(host), files.folder);
    return outcomeOf({ meant, stopped, purged: await purgeMesh(files) });
  });
}

interface Stopped extends Omit<StoppedSeat, "name" | "how"> {
  readonly part: "manager" | "agent" | "delivery" | "broker";
  readonly name?: string;
  readonly how: StoppedSeat["how"] | DrainedSeat["how"];
  readonly lease?: LeaseEnd;
}

/** `left`: it ended without giving it up, and nobody has it until it is stale. `unknown`: the broker did not tell. */
type LeaseEnd = "released" | "left" | "unknown";

type Daemon = Omit<Stopped, "lease"> & { readonly holder: string | undefined };

/** While the broker still runs it knows whether a daemon holds anything; that its process has ended is known already. */
function verified({ holder, ...daemon }: Daemon, leases: readonly Lease[] | undefined): Stopped {
  if (leases === undefined || holder === undefined) return { ...daemon, lease: "unknown" };
  return { ...daemon, lease: leases.some((lease) => lease.holder === holder) ? "left" : "released" };
}

/** How long those who are at work are waited for. */
interface Patience {
  readonly until: number;
  readonly signal: AbortSignal;
}

const drainMs = 60_000;

function patienceOf({ timeout = drainMs }: OptionValues<Name>, signal: AbortSignal): Patience {
  return { until: systemClock.uptime() + timeout, signal };
}

interface Stopping {
  readonly files: MeshFiles;
  readonly forced: AbortSignal;
  readonly step: (text: string) => void;
  readonly patience: Patience | undefined;
}

/** What it takes to ask is loaded, and the broker is connected, while the daemons end. */
async function leasesAfter(host: Host, ending: Promise<unknown>): Promise<readonly Lease[] | undefined> {
  const { leasesIfTold } = await import("../mesh/leases.ts");
  return await leasesIfTold(host, ending);
}

async function stopTheAgents({ files, forced, step, patience }: Stopping): Promise<Stopped[]> {
  const onWait = (names: readonly string[]): void =>
    step(
      `waiting until ${names.join(", ")} ${names.length === 1 ? "has" : "have"} finished; Ctrl-C ends the wait`,
    );
  const drained = patience === undefined ? [] : await drainSeats(files, { ...patience, onWait });
  step("stopping the agents");
  return [...drained, ...(await stopSeats(files, forced))].map((seat) => ({ part: "agent", ...seat }));
}

/** The pid is trusted only together with the start time of its process. */
async function stopTheBroker({ files, step, patience }: Stopping): Promise<Stopped[]> {
  const state = await readBrokerRecord(files.broker);
  if (state.kind !== "running") return [];
  step(
    patience === undefined ? "stopping the broker" : "waiting until clients have left; Ctrl-C ends the wait",
  );
  const { kind: how } = await stopBroker(files.broker, patience && drainOf(patience));
  return how === "not-running" ? [] : [{ part: "broker", pid: state.record.pid, how }];
}

function drainOf({ until, signal }: Patience): StopOptions {
  return { drain: true, timeoutMs: Math.max(0, until - systemClock.uptime()), signal };
}

/** What runs, and what lies there. */
async function planned(meant: Meant, options: OptionValues<Name>): Promise<Outcome> {
  const { files } = meant;
  const manager = await runningManager(files);
  const { seats } = options.keepAgents === true ? { seats: [] } : await listSeats(files);
  const broker = await readBrokerRecord(files.broker);
  const wouldStop: Pick<Stopped, "part" | "name" | "pid">[] = [
    ...(manager === undefined ? [] : [{ part: "manager" as const, pid: manager.pid }]),
    ...seats
      .filter(isHeld)
      .map(({ name, holder }) => ({ part: "agent" as const, name, pid: holder?.pid ?? 0 })),
    ...(await listDaemons(files)).running.map(({ pid }) => ({ part: "delivery" as const, pid })),
    ...(broker.kind === "running" ? [{ part: "broker" as const, pid: broker.record.pid }] : []),
  ];
  const purge = options.purge === true ? await purgePlan(files) : undefined;
  const lines: Line[] = wouldStop.map((one) => [toned("warn", "would stop"), `  ${stoppedText(one)}`]);
  return {
    result: {
      dryRun: true,
      mesh: meantDocument(meant),
      wouldStop,
      ...(purge && { wouldDelete: purge.deletes, wouldLeave: purge.leaves }),
    },
    lines: [
      ...which(meant),
      ...(lines.length === 0 ? ["nothing is running"] : lines),
      ...(purge === undefined ? [] : purgeLines(purge, "would delete")),
    ],
  };
}

function stoppedText({ part, name, pid }: Pick<Stopped, "part" | "name" | "pid">): string {
  return `${name === undefined ? part : `${part} ${name}`}, pid ${pid}`;
}

const leaseWords: Readonly<Record<LeaseEnd, string | Span>> = {
  released: "; its lease is given up",
  left: toned("warn", "; its lease is left, and stands until it is stale"),
  unknown: toned("warn", "; the broker did not tell of its lease"),
};

interface Downed {
  readonly meant: Meant;
  readonly stopped: readonly Stopped[];
  readonly purged: Purge | undefined;
}

function outcomeOf({ meant, stopped, purged }: Downed): Outcome {
  const lines: Line[] = stopped.map((one) => [
    toned("good", one.how),
    `  ${stoppedText(one)}`,
    ...(one.lease === undefined ? [] : [leaseWords[one.lease]]),
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
