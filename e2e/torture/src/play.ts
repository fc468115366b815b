import { createScope, sleep, systemClock } from "@cotal/session";
import { gather, use } from "./company.ts";
import { startMesh } from "./mesh.ts";
import { type FaultName, faultNames, havoc } from "./nemesis.ts";
import { randomOf } from "./random.ts";
import type { Stage } from "./stage.ts";
import { judge, type Verdict, type Violation } from "./verdict.ts";

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
}

/**
 * Plays peers on a mesh of the command while things break, mends everything, waits until all has arrived that
 * can, and holds what the peers have noted against what they were promised.
 */
export async function play(options: PlayOptions): Promise<Outcome> {
  const { program, folder, seed, everyMs = 20, onStep = () => undefined, signal = never } = options;
  const seen: Violation[] = [];
  const brokerKills: number[] = [];
  const crash = new AbortController();
  const scope = createScope({
    clock: systemClock,
    onFault: (label, error) => onStep(`${label}: ${String(error)}`),
  });
  try {
    onStep("starting the mesh and its peers");
    const mesh = use(scope, await startMesh(program, folder));
    const onCrash = (text: string): void => {
      seen.push({ of: "crash", text });
      crash.abort(new Error(text));
    };
    const company = await gather(scope, { mesh, folder, random: randomOf(seed), everyMs, onCrash });
    const verdict = (): Verdict => judge({ ...company.look(), brokerKills });
    const stage: Stage = {
      ...company,
      mesh,
      onStep,
      signal: AbortSignal.any([signal, crash.signal]),
      onBrokerKill: () => brokerKills.push(Date.now()),
      onViolation: (violation) => seen.push(violation),
    };
    const happened: Partial<Record<FaultName, number>> = {};
    await breakThings(stage, options, happened)
      .then(() => comeToRest(stage, verdict))
      .catch((error) => {
        // A play in which a peer has crashed is over, and was not waited for.
        if (!crash.signal.aborted || signal.aborted) throw error;
      });
    const { violations, ...counted } = verdict();
    const found = violations.filter((violation) => !(crash.signal.aborted && mayPass(violation)));
    return { seed, faults: happened, ...counted, violations: [...found, ...seen] };
  } finally {
    await scope.dispose();
  }
}

const never = new AbortController().signal;

async function breakThings(
  stage: Stage,
  { seed, seconds, faults: chosen = faultNames }: PlayOptions,
  happened: Partial<Record<FaultName, number>>,
): Promise<void> {
  const onFault = (name: FaultName): void => {
    stage.onStep(name);
    happened[name] = (happened[name] ?? 0) + 1;
  };
  await havoc(stage, { seed, seconds, chosen, onFault });
}

/** How long what was stored may take to arrive once nothing is broken any more. */
const settleMs = 180_000;
const lookMs = 1_000;

async function comeToRest({ mesh, peers, signal, onStep }: Stage, verdict: () => Verdict): Promise<void> {
  onStep("waiting until all has arrived that can");
  await mesh.heal();
  await Promise.all(peers.map((peer) => peer.ask("quiet")));
  const until = performance.now() + settleMs;
  do {
    await sleep(systemClock, lookMs, signal);
    await Promise.all(peers.map((peer) => peer.ask("roster")));
  } while (verdict().violations.some(mayPass) && performance.now() < until);
  await Promise.all(peers.map((peer) => peer.end()));
}

function mayPass({ of }: Violation): boolean {
  return of === "loss" || of === "presence";
}
