import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type FaultProxy, startFaultProxy } from "@cotal/harness";
import type { Scope } from "@cotal/session";
import {
  type Actor,
  actors,
  changingChannel,
  closedChannel,
  durableChannel,
  liveChannel,
  mortal,
  mortalSeconds,
  parrot,
} from "./cast.ts";
import type { Journals } from "./history.ts";
import { type Event, type Note, openJournal, readJournal } from "./journal.ts";
import type { Mesh } from "./mesh.ts";
import { createPeer, type Peer, type PeerDeps } from "./peer.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** The peers of a play, and what they and the operator have noted. */
export interface Company extends Pick<Stage, "peers" | "roads" | "outside" | "taken" | "changing"> {
  readonly note: (event: Event) => void;
  readonly look: () => { readonly journals: Journals; readonly operator: readonly Note[] };
}

export interface Gathering extends Pick<PeerDeps, "onCrash"> {
  readonly mesh: Mesh;
  readonly folder: string;
  readonly random: Random;
  readonly everyMs: number;
  /** An agent of the host is there, to whom they write too. */
  readonly hasAgents: boolean;
  /** The credential of one ends soon. */
  readonly hasMortal: boolean;
}

/** Makes the channels and the peers; nothing is sent before everybody is a member of everything. */
export async function gather(scope: Scope, gathering: Gathering): Promise<Company> {
  const { mesh, folder, random, everyMs, onCrash, hasAgents, hasMortal } = gathering;
  const journals = join(folder, "journals");
  await mkdir(journals, { recursive: true });
  const pathOf = (name: string): string => join(journals, `${name}.ndjson`);
  for (const channel of [durableChannel, closedChannel, changingChannel])
    await mesh.setChannel(channel, "durable");
  await mesh.setChannel(liveChannel, "live");
  if (hasAgents) await mesh.order("spawn", parrot, "--preset", "echo", "--restart", "always");
  const roads = new Map<Peer, FaultProxy>();
  const outside = new Set<Peer>();

  const come = async (actor: Actor): Promise<Peer> => {
    const road = use(scope, await startFaultProxy({ targetPort: mesh.port }));
    const { name, role } = actor;
    const creds = await mesh.mint(actor, hasMortal && name === mortal ? mortalSeconds : undefined);
    const boots = (): readonly string[] =>
      actor.channels.filter((channel) => channel !== changingChannel || !outside.has(peer));
    const peer: Peer = createPeer(actor, {
      onCrash,
      order: (isFirst) => ({
        name,
        joins: isFirst ? actor.channels : [],
        lanes: hasAgents ? [...actor.lanes, `@${parrot}`] : actor.lanes,
        journal: pathOf(name),
        seed: random.below(2 ** 31),
        everyMs,
        options: {
          space: mesh.space,
          servers: road.url,
          ...(!isFirst && { channels: boots() }),
          auth: { kind: "file", path: creds },
          card: { name, ...(role !== undefined && { role }) },
        },
      }),
    });
    roads.set(use(scope, peer), road);
    return peer;
  };
  const [first, ...others] = actors;
  const peers: [Peer, ...Peer[]] = [await come(first)];
  for (const actor of others) peers.push(await come(actor));
  await Promise.all(peers.map((peer) => peer.start()));
  await Promise.all(peers.map((peer) => peer.ask("speak")));
  const operator = pathOf("operator");
  const note = openJournal(operator);
  return {
    peers,
    roads,
    outside,
    taken: new Set(),
    changing: new Set(),
    note,
    look: () => ({
      journals: new Map(actors.map(({ name }) => [name, readJournal(pathOf(name))])),
      operator: readJournal(operator),
    }),
  };
}

export function use<T extends AsyncDisposable>(scope: Scope, thing: T): T {
  scope.defer(async () => thing[Symbol.asyncDispose]());
  return thing;
}
