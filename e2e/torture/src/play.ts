import { join } from "node:path";
import { createScope, sleep, systemClock } from "@cotal/session";
import { mortal } from "./cast.ts";
import { gather, use } from "./company.ts";
import { type Disk, mountDisk } from "./disk.ts";
import { lookForBacklogs, lookForLeftOvers } from "./left-over.ts";
import { meshFolder, startMesh } from "./mesh.ts";
import { type FaultName, faultNames, havoc, needAgents, needMortal } from "./nemesis.ts";
import { randomOf } from "./random.ts";
import type { Stage } from "./stage.ts";
import { judge, type Verdict } from "./verdict.ts";
import type { Violation } from "./violation.ts";

export interface PlayOptions {
  /** The command as it is published. */
  readonly program: string;
  /** Everything lies below it, and stays there. */
  readonly folder: string;
  readonly seed: number;
  readonly seconds: number;
  /** Those that may happen; all of them when absent. */
  readonly faults?: readonly [FaultName, ...FaultName[]] | undefined;
  /** About how long a peer rests between two messages. */
  readonly everyMs?: number;
  readonly onStep?: (text: string) => void;
  /** Ends the play before its time; what it has started ends in any case. */
  readonly signal?: AbortSignal;
}

export interface Outcome extends Verdict {
  readonly seed: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** What could not be played here, and why. */
  readonly skipped: readonly string[];
}

/**
 * Plays peers on a mesh of the command while things break, mends everything, waits until all has arrived that
 * can, and holds what the peers have noted against what they were promised.
 */
export async function play(options: PlayOptions): Promise<Outcome> {
  const { program, folder, seed, seconds, everyMs = 10, onStep = () => undefined, signal = never } = options;
  const seen: Violation[] = [];
  const brokerKills: number[] = [];
  const crash = new AbortController();
  const scope = createScope({
    clock: systemClock,
    onFault: (label, error) => onStep(`${label}: ${String(error)}`),
  });
  try {
    onStep("starting the mesh and its peers");
    const { disk, chosen, skipped } = await prepare(options);
    if (disk) use(scope, disk);
    const mesh = use(scope, await startMesh(program, folder));
    const onCrash = (text: string): void => {
      seen.push({ of: "crash", text });
      crash.abort(new Error(text));
    };
    const [hasAgents, hasMortal] = [needAgents(chosen), needMortal(chosen)];
    const random = randomOf(seed);
    const company = await gather(scope, { mesh, folder, random, everyMs, onCrash, hasAgents, hasMortal });
    const verdict = (): Verdict => judge({ ...company.look(), brokerKills });
    const stage: Stage = {
      ...company,
      mesh,
      disk,
      onStep,
      signal: AbortSignal.any([signal, crash.signal]),
      onBrokerKill: () => brokerKills.push(Date.now()),
      onViolation: (violation) => seen.push(violation),
    };
    const happened: Partial<Record<FaultName, number>> = {};
    if (hasMortal) scope.every(renewEveryMs, "renewal", () => keepAlive(stage));
    const onFault = (name: FaultName): void => {
      onStep(name);
      happened[name] = (happened[name] ?? 0) + 1;
    };
    await havoc(stage, { seed, seconds, chosen, onFault })
      .then(() => comeToRest(stage, verdict))
      .then(() => lookForLeftOvers(stage, hasAgents))
      .catch((error) => {
        // A play in which a peer has crashed is over, and was not waited for.
        if (!crash.signal.aborted || signal.aborted) throw error;
      });
    const { violations, ...counted } = verdict();
    const found = violations.filter((violation) => !(crash.signal.aborted && mayPass(violation)));
    return { seed, faults: happened, skipped, ...counted, violations: [...found, ...seen] };
  } finally {
    await scope.dispose();
  }
}

const never = new AbortController().signal;

interface Prepared {
  readonly disk: Disk | undefined;
  readonly chosen: readonly FaultName[];
  readonly skipped: readonly string[];
}

/** A disk of its own, where a full one is played. */
async function prepare({ folder, faults = faultNames }: PlayOptions): Promise<Prepared> {
  if (!faults.includes("disk full")) return { disk: undefined, chosen: faults, skipped: [] };
  const disk = await mountDisk(join(folder, meshFolder));
  if (disk !== undefined) return { disk, chosen: faults, skipped: [] };
  const chosen = faults.filter((name) => name !== "disk full");
  return { disk, chosen, skipped: ["disk full: nothing can be mounted here"] };
}

const renewEveryMs = 10_000;

/** As a job of the operator does; while it is to end, nobody renews it. */
async function keepAlive(stage: Stage): Promise<void> {
  const isTaken = [...stage.taken].some(({ actor }) => actor.name === mortal);
  if (!isTaken) await stage.mesh.order("creds", "renew", mortal);
}

/** How long what was stored may take to arrive once nothing is broken any more. */
const settleMs = 180_000;
const lookMs = 1_000;

async function comeToRest(stage: Stage, verdict: () => Verdict): Promise<void> {
  const { mesh, peers, signal, onStep } = stage;
  onStep("waiting until all has arrived that can");
  await mesh.heal();
  await Promise.all(peers.map((peer) => peer.ask("quiet")));
  const until = performance.now() + settleMs;
  do {
    await sleep(systemClock, lookMs, signal);
    await Promise.all(peers.map((peer) => peer.ask("roster")));
  } while (verdict().violations.some(mayPass) && performance.now() < until);
  await lookForBacklogs(stage);
  await Promise.all(peers.map((peer) => peer.end()));
}

function mayPass({ of }: Violation): boolean {
  return of === "loss" || of === "presence";
}
