import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@cotal/harness";
import { createScope, type Scope, systemClock } from "@cotal/session";
import { type Actor, actors, closedChannel, durableChannel, liveChannel } from "./cast.ts";
import { readJournal } from "./journal.ts";
import { type Mesh, startMesh } from "./mesh.ts";
import { type FaultName, faultNames, faults, type Stage } from "./nemesis.ts";
import { createPeer, type Peer } from "./peer.ts";
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
  const { program, folder, seed, seconds, onStep = () => undefined } = options;
  const random = randomOf(seed);
  const lies: Violation[] = [];
  const brokerKills: number[] = [];
  const scope = createScope({
    clock: systemClock,
    onFault: (label, error) => onStep(`${label}: ${String(error)}`),
  });
  try {
    onStep("starting the mesh and its peers");
    const mesh = use(scope, await startMesh(program, folder));
    const company = await gather(scope, mesh, options, random);
    const verdict = (): Verdict => judge({ journals: company.look(), brokerKills });
    const stage: Stage = {
      ...company,
      mesh,
      random,
      onBrokerKill: () => brokerKills.push(Date.now()),
      onLie: (text) => lies.push({ of: "status", text }),
    };
    const happened = await breakThings(stage, { ...options, onStep, seconds });
    onStep("waiting until all has arrived that can");
    await comeToRest(stage, verdict);
    const { violations, ...counted } = verdict();
    return { seed, faults: happened, ...counted, violations: [...violations, ...lies] };
  } finally {
    await scope.dispose();
  }
}

interface Company extends Pick<Stage, "peers" | "roads"> {
  readonly look: () => Journals;
}

async function gather(scope: Scope, mesh: Mesh, options: PlayOptions, random: Random): Promise<Company> {
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
  { seconds, faults: chosen = faultNames, onStep }: PlayOptions & { readonly onStep: (text: string) => void },
): Promise<Outcome["faults"]> {
  const happened: Partial<Record<FaultName, number>> = {};
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const name = stage.random.pick(chosen);
    onStep(name);
    happened[name] = (happened[name] ?? 0) + 1;
    await faults[name](stage);
    await pause(stage.random.below(1_500));
  }
  return happened;
}

/** How long what was stored may take to arrive once nothing is broken any more. */
const settleMs = 180_000;
const lookMs = 1_000;

async function comeToRest({ mesh, peers }: Stage, verdict: () => Verdict): Promise<void> {
  await mesh.heal();
  await Promise.all(peers.map((peer) => peer.ask("quiet")));
  const until = performance.now() + settleMs;
  do {
    await pause(lookMs);
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
