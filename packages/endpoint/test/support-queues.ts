import { type LeakCheck, leakCheck, openLink, startTestBroker, type TestBroker } from "@cotal/harness";
import { removeStreams } from "@cotal/harness/broker-of-file";
import { queueConsumer, spaceTable } from "@cotal/registries";
import {
  type ConsumerInfo,
  consumerInfo,
  createBrokerClock,
  createLink,
  type FaultPoints,
  type Link,
  noCredential,
  noFaultPoints,
  requestApi,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { inboxPrefix, type OwnerId, streamName } from "@cotal/subjects";
import { composeMessage, type Draft } from "@cotal/wire";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { createBurials } from "../src/burials.ts";
import type { Core } from "../src/core.ts";
import { createDemand, type Demand } from "../src/demand.ts";
import { createIntake, type IntakeDesk } from "../src/intake.ts";
import type { LedgerOptions } from "../src/ledger.ts";
import { queueRoutes, type StartRoute } from "../src/queue-route.ts";
import { createQueues, type Queues } from "../src/queues.ts";
import { createReceiver, type Receiver } from "../src/receiver.ts";
import { createRejections, type Rejections } from "../src/rejections.ts";
import { testViews } from "./support-channels.ts";
import { alice, bob, type FakeCore, fakeCore, space, worker } from "./support-receiving.ts";

/** The parts of one peer that receive, over a link of their own. */
export interface ReceivingPeer extends Pick<FakeCore, "gaps" | "faults">, AsyncDisposable {
  readonly core: Core;
  readonly link: Link;
  readonly intake: IntakeDesk;
  readonly demand: Demand;
  readonly receiver: Receiver;
  readonly rejections: Rejections;
  readonly queues: Queues;
  readonly startRoute: StartRoute;
}

export interface PeerOptions {
  readonly core?: Partial<Core>;
  readonly intake?: Partial<LedgerOptions>;
  readonly points?: FaultPoints;
  readonly credentials?: Parameters<typeof createLink>[0]["credentials"];
}

export function receivingPeer(url: string, options: PeerOptions = {}): ReceivingPeer {
  const { points: faults = noFaultPoints, credentials = noCredential } = options;
  const surroundings = { clock: systemClock, log: silentLog, faults };
  const brokerClock = createBrokerClock(systemClock);
  const { core, gaps, faults: told } = fakeCore({ ...surroundings, brokerClock, ...options.core });
  const intake = createIntake(core, options.intake);
  const demand = createDemand();
  const rejections = createRejections();
  // There is no backstop, so nobody keeps what is given up.
  const burials = createBurials(core, {
    service: { bury: async () => undefined },
    views: testViews({ backstop: false }),
  });
  const startRoute = queueRoutes(core, { intake, demand, rejections, burials });
  const queues = createQueues(core, { startRoute, views: { known: async () => undefined } });
  const receiver = createReceiver(core, { desk: intake, demand });
  const link = createLink({
    ...surroundings,
    brokerClock,
    credentials,
    capabilities: [queues],
    dial: { servers: [url], name: `peer ${core.self.name}`, inboxPrefix: inboxPrefix(core.self.id) },
  });
  const dispose = async (): Promise<void> => {
    await receiver.stop();
    await link.stop();
  };
  return {
    core,
    gaps,
    faults: told,
    link,
    intake,
    demand,
    receiver,
    rejections,
    queues,
    startRoute,
    [Symbol.asyncDispose]: dispose,
  };
}

/** An open broker for the tests of a file, without a stream at the beginning of each. */
export function queueBroker(): () => { readonly broker: TestBroker; readonly admin: Session } {
  let broker: TestBroker | undefined;
  let leaks: LeakCheck | undefined;
  let link: Link | undefined;

  beforeAll(async () => {
    broker = await startTestBroker();
    link = openLink(broker.url);
    const session = await link.start();
    // Tests ask by both ways, and each keeps a subscription for its answers.
    await requestApi(session, "INFO");
    await session.connection.request(`${session.apiRoot}.INFO`);
    leaks = await leakCheck(broker);
  });
  afterEach(async () => {
    const session = link?.session;
    if (!session) throw new Error("the link of the administrator is not live");
    await removeStreams(session);
    await leaks?.assertClean();
  });
  afterAll(async () => {
    await link?.stop();
    await broker?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!broker || !link?.session) throw new Error("there is no broker outside of a test");
    return { broker, admin: link.session };
  };
}

export async function makeStreams(session: Session): Promise<void> {
  const names = [streamName.dm(space), streamName.task(space)];
  for (const { name, config } of spaceTable({ space, shards: 1, mode: "open" })) {
    if (!names.includes(name)) continue;
    const { max_bytes: _, subject_transform: __, ...given } = config;
    await requestApi(session, `STREAM.CREATE.${name}`, { name, ...given });
  }
}

/** A queue as the operator provisions it, with another ack wait. */
export async function provision(
  session: Session,
  { stream, config }: ReturnType<typeof queueConsumer.dm>,
  ackWaitMs = 60_000,
): Promise<void> {
  await requestApi(session, `CONSUMER.CREATE.${stream}.${config.name}.${config.filter_subject}`, {
    stream_name: stream,
    config: { ...config, ack_wait: ackWaitMs * 1e6 },
    action: "",
  });
}

export const bobsQueue: ReturnType<typeof queueConsumer.dm> = queueConsumer.dm(space, bob);
export const workQueue: ReturnType<typeof queueConsumer.role> = queueConsumer.role(space, worker);

/** Sends as somebody whose word is not checked. */
export async function send(
  { connection }: { readonly connection: NatsConnection },
  draft: Draft,
  sender: OwnerId = alice,
): Promise<void> {
  const composed = composeMessage(
    { text: "hello", ...draft },
    { space, id: sender, name: "alice" },
    { now: Date.now(), maxBytes: 100_000 },
  );
  const answer = await connection.request(composed.subject, composed.bytes, { timeout: 10_000 });
  if (answer.string().includes("error")) throw new Error(answer.string());
}

export type QueueCounts = Pick<ConsumerInfo, "num_pending" | "num_ack_pending"> & {
  /** How often an entry was handed out. */
  readonly handedOut: number;
  /** Requests of receivers that wait for an entry. */
  readonly num_waiting: number;
};

export async function countsOf(
  session: Session,
  { stream, config }: ReturnType<typeof queueConsumer.dm>,
): Promise<QueueCounts> {
  const info = (await consumerInfo(session, stream, config.name)) as ConsumerInfo & QueueCounts;
  const { num_pending, num_ack_pending, num_waiting, delivered } = info;
  return { num_pending, num_ack_pending, num_waiting, handedOut: delivered.consumer_seq };
}
