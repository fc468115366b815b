import type { Endpoint } from "@cotal/endpoint";
import { openLink } from "@cotal/harness";
import { queueConsumer } from "@cotal/registries";
import { deleteConsumer, type Session, sleep } from "@cotal/session";
import { asOwnerId, CotalError } from "@cotal/subjects";
import { type Action, actionsOf } from "./day-actions.ts";
import { connectTo, home, type Stage } from "./day-stage.ts";
import { setUpOpenSpace, space } from "./space.ts";

/** Two peers who are there all day, guests who come and go, and what became of what they did. */
export interface Life {
  readonly peers: readonly [Endpoint, Endpoint];
  /** Begins something at random; it ends by itself. */
  act(): void;
  /** All that has begun has ended, and the two are in one channel again. */
  comeToRest(): Promise<void>;
  readonly record: LifeRecord;
  stop(): Promise<void>;
}

export interface LifeRecord {
  /** Direct messages that the broker has stored, by their ids. */
  readonly owed: Set<string>;
  /** Those that were handled. */
  readonly handled: Set<string>;
  /** Those that were shown again after they had been handled. */
  readonly repeated: string[];
  /** Each message, once for each of the two that saw it. */
  readonly shown: Set<string>;
  /** What has failed without a code. */
  readonly defects: unknown[];
}

const minute = 60_000;

export async function startLife(stage: Stage): Promise<Life> {
  const { random } = stage;
  await asOperator(stage, setUpOpenSpace);
  const record: LifeRecord = {
    owed: new Set(),
    handled: new Set(),
    repeated: [],
    shown: new Set(),
    defects: [],
  };
  const left: Endpoint[] = [];
  const alice = await connectTo(stage, "alice");
  const bob = await connectTo(stage, "bob");
  for (const peer of [alice, bob]) receive(stage, peer, record);
  await alice.serve("echo", { say: async (words) => words });
  const actions = actionsOf(stage, { alice, bob, left, owed: record.owed });
  const going = new Set<Promise<void>>();
  const begin = (action: Action): void => {
    const ended: Promise<void> = action()
      .catch((error) => void (error instanceof CotalError || record.defects.push(error)))
      .then(() => void going.delete(ended));
    going.add(ended);
  };
  return {
    peers: [alice, bob],
    record,
    act: () => begin(random.pick(actions)),
    comeToRest: async () => {
      await Promise.all(going);
      for (const channel of alice.joined()) if (channel !== home) await alice.leave(channel);
      await alice.join(home);
      await asOperator(stage, (session) => forget(session, left.splice(0)));
    },
    stop: async () => {
      await Promise.all([alice.stop(), bob.stop()]);
    },
  };
}

/** Handles most messages at once, some slowly, and fails with some. */
function receive({ clock, random }: Stage, peer: Endpoint, record: LifeRecord): void {
  const handle: Parameters<Endpoint["onMessage"]>[0] = async ({ message: { id }, kind }, signal) => {
    record.shown.add(`${peer.ref.name} ${id}`);
    if (kind === "dm" && record.handled.has(id)) record.repeated.push(id);
    const luck = random.next();
    if (luck < 0.02) throw new Error("this handler fails");
    if (luck < 0.04) await sleep(clock, random.between(1_000, 3 * minute), signal);
    if (kind === "dm") record.handled.add(id);
  };
  peer.onMessage(handle, { concurrency: 8, maxAttempts: 100 });
}

async function asOperator(
  { broker, clock }: Stage,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  await using link = openLink(broker.url, { clock, transport: broker.transport });
  await work(await link.start());
}

/** In an open space nobody else takes the queues of those away who do not come back. */
async function forget(session: Session, guests: readonly Endpoint[]): Promise<void> {
  for (const { ref } of guests) {
    const { stream, config } = queueConsumer.dm(space, asOwnerId(ref.id));
    await deleteConsumer(session, stream, config.name);
  }
}
