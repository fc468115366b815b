import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FaultProxy, startFaultProxy } from "@cotal/harness";
import { createScope, type Scope, sleep, systemClock } from "@cotal/session";
import { type Actor, actors, closedChannel, durableChannel, liveChannel } from "./cast.ts";
import { readJournal } from "./journal.ts";
import { type Mesh, startMesh } from "./mesh.ts";
import { type FaultName, faultNames, faults, type Stage } from "./nemesis.ts";
import { createPeer, type Peer, type PeerDeps } from "./peer.ts";
import { type Random, randomOf } from "./random.ts";
import { type Journals, judge, type Verdict, type Violation } from "./verdict.ts";

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
  const { program, folder, seed, onStep = () => undefined, signal = never } = options;
  const random = randomOf(seed);
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
    const company = await gather(scope, { mesh, options, random, onCrash });
    const verdict = (): Verdict => judge({ journals: company.look(), brokerKills });
    const stage: Stage = {
      ...company,
      mesh,
      random,
      onBrokerKill: () => brokerKills.push(Date.now()),
      onLie: (text) => seen.push({ of: "status", text }),
    };
    const happened: Partial<Record<FaultName, number>> = {};
    const showing = { ...options, onStep, signal: AbortSignal.any([signal, crash.signal]) };
    await breakThings(stage, showing, happened)
      .then(() => comeToRest(stage, showing, verdict))
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

interface Showing extends PlayOptions {
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal;
}

interface Company extends Pick<Stage, "peers" | "roads"> {
  readonly look: () => Journals;
}

interface Gathering extends Pick<PeerDeps, "onCrash"> {
  readonly mesh: Mesh;
  readonly options: PlayOptions;
  readonly random: Random;
}

async function gather(scope: Scope, { mesh, options, random, onCrash }: Gathering): Promise<Company> {
  const journals = join(options.folder, "journals");
  await mkdir(journals, { recursive: true });
  const pathOf = ({ name }: Actor): string => join(journals, `${name}.ndjson`);
  await mesh.setChannel(durableChannel, "durable");
  await mesh.setChannel(closedChannel, "durable");
  await mesh.setChannel(liveChannel, "live");
  const roads = new Map<Peer, FaultProxy>();
  const [first, ...others] = actors;
  const come = async (actor: Actor): Promise<Peer> => {
    const road = use(scope, await startFaultProxy({ targetPort: mesh.port }));
    const creds = await mesh.mint(actor);
    const { name, role, channels, lanes } = actor;
    const peer = createPeer(actor, {
      onCrash,
      order: (isFirst) => ({
        name,
        joins: isFirst ? channels : [],
        lanes,
        journal: pathOf(actor),
        seed: random.below(2 ** 31),
        everyMs: options.everyMs ?? 20,
        options: {
          space: mesh.space,
          servers: road.url,
          ...(!isFirst && { channels }),
          auth: { kind: "file", path: creds },
          card: { name, ...(role !== undefined && { role }) },
        },
      }),
    });
    roads.set(use(scope, peer), road);
    return peer;
  };
  const peers: [Peer, ...Peer[]] = [await come(first)];
  for (const actor of others) peers.push(await come(actor));
  // Nothing is sent before everybody is a member of everything.
  await Promise.all(peers.map((peer) => peer.start()));
  await Promise.all(peers.map((peer) => peer.ask("speak")));
  return {
    peers,
    roads,
    look: () => new Map(actors.map((actor) => [actor.name, readJournal(pathOf(actor))])),
  };
}

async function breakThings(
  stage: Stage,
  { seconds, faults: chosen = faultNames, onStep, signal }: Showing,
  happened: Partial<Record<FaultName, number>>,
): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const name = stage.random.pick(chosen);
    onStep(name);
    happened[name] = (happened[name] ?? 0) + 1;
    await faults[name](stage);
    await sleep(systemClock, stage.random.below(1_500), signal);
  }
}

/** How long what was stored may take to arrive once nothing is broken any more. */
const settleMs = 180_000;
const lookMs = 1_000;

async function comeToRest(
  { mesh, peers }: Stage,
  { onStep, signal }: Showing,
  verdict: () => Verdict,
): Promise<void> {
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

function use<T extends AsyncDisposable>(scope: Scope, thing: T): T {
  scope.defer(async () => thing[Symbol.asyncDispose]());
  return thing;
}
