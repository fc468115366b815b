import { type SpaceRecord, spaceTable } from "@cotal/registries";
import {
  createBrokerClock,
  createLink,
  createResponder,
  type Link,
  noCredential,
  noFaultPoints,
  type Operation,
  requestApi,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import {
  type Channel,
  type ChannelPattern,
  CotalError,
  consumerName,
  inboxPrefix,
  type OwnerId,
  partition,
  serviceName,
  streamName,
} from "@cotal/subjects";
import { type ChannelConfig, composeMessage, type Draft, effectiveChannelConfig } from "@cotal/wire";
import type { NatsConnection } from "@nats-io/nats-core";
import { createAsking } from "../src/asking.ts";
import { type Backstop, createBackstop } from "../src/backstop.ts";
import { createBurials } from "../src/burials.ts";
import type { ChannelEvent } from "../src/channel-state.ts";
import { type Channels, createChannels } from "../src/channels.ts";
import type { Core } from "../src/core.ts";
import type { Delivery } from "../src/delivery.ts";
import { createDeliveryService, type DeliveryService } from "../src/delivery-service.ts";
import { createDemand } from "../src/demand.ts";
import { createHistory, type History } from "../src/history.ts";
import { createIntake } from "../src/intake.ts";
import { createLinkWait } from "../src/link-wait.ts";
import type { PastReader, SpaceViews } from "../src/parts.ts";
import { createPastReader } from "../src/past-reader.ts";
import { queueRoutes } from "../src/queue-route.ts";
import { createRecall, type Recall } from "../src/recall.ts";
import { createReceiver, type Receiver } from "../src/receiver.ts";
import { createRejections, type Rejections } from "../src/rejections.ts";
import { alice, bob, type FakeCore, fakeCore, space } from "./support-receiving.ts";

export const shards = 2;

/** What the registries would say; a test changes it. */
export interface TestViews extends SpaceViews {
  configure(channel: string, config: Omit<ChannelConfig, "v">): void;
}

export function testViews(record: Partial<SpaceRecord> = {}): TestViews {
  const configs = new Map<string, ChannelConfig>();
  const listeners = new Set<() => void>();
  const facts: SpaceRecord = {
    v: 1,
    mode: "auth",
    shards,
    backstop: false,
    defaultClass: "durable",
    created: 0,
    version: "0.0.0",
    ...record,
  };
  return {
    known: async () => undefined,
    space: () => facts,
    channelConfig: (channel) =>
      effectiveChannelConfig(configs.get(channel), {
        v: 1,
        deliveryClass: facts.defaultClass,
        ...configs.get("=defaults"),
      }),
    directory: () => null,
    isRetired: () => false,
    onChannels: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    configure: (channel, config) => {
      configs.set(channel, { v: 1, ...config });
      for (const listener of listeners) listener();
    },
  };
}

/** The parts of bob that have to do with channels, over a link of their own. */
export interface ChannelPeer extends Pick<FakeCore, "gaps" | "faults">, AsyncDisposable {
  readonly core: Core;
  readonly link: Link;
  readonly views: TestViews;
  readonly service: DeliveryService;
  readonly past: PastReader;
  readonly channels: Channels;
  readonly backstop: Backstop;
  readonly history: History;
  readonly recall: Recall;
  readonly receiver: Receiver;
  readonly rejections: Rejections;
  readonly events: ChannelEvent[];
  /** What was handed over, from the call of `listen` on. */
  readonly heard: Delivery[];
  listen(): void;
}

export interface ChannelPeerOptions {
  readonly core?: Partial<Core>;
  readonly views?: TestViews;
  readonly boot?: readonly ChannelPattern[];
  readonly credentials?: Parameters<typeof createLink>[0]["credentials"];
}

export function channelPeer(url: string, options: ChannelPeerOptions = {}): ChannelPeer {
  const { views = testViews(), boot = [], credentials = noCredential } = options;
  const surroundings = { clock: systemClock, log: silentLog, faults: noFaultPoints };
  const brokerClock = createBrokerClock(systemClock);
  const linkWait = createLinkWait(systemClock);
  const fake = fakeCore({
    ...surroundings,
    brokerClock,
    session: linkWait.now,
    untilLive: async (signal) => void (await linkWait.session(60_000, signal)),
    open: false,
    ...options.core,
  });
  const { core, gaps, faults } = fake;
  const events: ChannelEvent[] = [];
  core.events.on("channel", (event) => events.push(event));
  const rejections = createRejections();
  const intake = createIntake(core);
  const demand = createDemand();
  const past = createPastReader(core, rejections);
  const service = createDeliveryService(core, createAsking(core), views);
  const burials = createBurials(core, { service, views });
  const startRoute = queueRoutes(core, { intake, demand, rejections, burials });
  const backstop = createBackstop(core, { service, views, startRoute }, { takeover: false });
  const isServed = (): boolean => backstop.delivery === "ready";
  const channels = createChannels(core, { intake, rejections, views, past, service, isServed }, { boot });
  const receiver = createReceiver(core, { desk: intake, demand });
  const link = createLink({
    ...surroundings,
    brokerClock,
    credentials,
    capabilities: [channels, backstop],
    dial: { servers: [url], name: "bob", inboxPrefix: inboxPrefix(core.self.id) },
    onState: ({ kind }) =>
      linkWait.note(kind === "live" || kind === "stopped" ? kind : "reconnecting", link.session),
    onFault: (label, error) => core.fault(label, error),
  });
  const heard: Delivery[] = [];
  return {
    core,
    gaps,
    faults,
    link,
    views,
    service,
    past,
    channels,
    backstop,
    history: createHistory(core, past),
    recall: createRecall(core, past, views),
    receiver,
    rejections,
    events,
    heard,
    listen: () => void receiver.onMessage(async (delivery) => void heard.push(delivery), { concurrency: 4 }),
    [Symbol.asyncDispose]: async () => {
      await receiver.stop();
      await link.stop();
    },
  };
}

export async function startChannelPeer(url: string, options: ChannelPeerOptions = {}): Promise<ChannelPeer> {
  const peer = channelPeer(url, options);
  await peer.link.start();
  return peer;
}

/** The channel stream of a space. */
export async function makeChat(session: Session): Promise<void> {
  const name = streamName.chat(space);
  const row = spaceTable({ space, shards, mode: "open" }).find((one) => one.name === name);
  const { max_bytes: _, subject_transform: __, ...config } = row?.config ?? {};
  await requestApi(session, `STREAM.CREATE.${name}`, { name, ...config });
}

export async function purgeChat(session: Session, keepFrom: number): Promise<void> {
  await requestApi(session, `STREAM.PURGE.${streamName.chat(space)}`, { seq: keepFrom });
}

/** Posts as somebody whose word is not checked, and gives the sequence. Posting the same id again changes nothing. */
export async function post(
  { connection }: { readonly connection: NatsConnection },
  draft: Draft & { readonly id: string },
  sender: OwnerId = alice,
): Promise<number> {
  const composed = composeMessage(
    { text: "hello", ...draft },
    { space, id: sender, name: "alice" },
    { now: Date.now(), maxBytes: 100_000 },
  );
  const answer = await connection.request(composed.subject, composed.bytes, { timeout: 10_000 });
  const { seq, error } = answer.json<{ seq?: number; error?: unknown }>();
  if (seq === undefined) throw new Error(JSON.stringify(error));
  return seq;
}

export const idsOf = (peer: Pick<ChannelPeer, "heard">): string[] =>
  peer.heard.map(({ message }) => message.id);

interface Row {
  readonly generation: number;
  readonly since: number;
  readonly open: boolean;
}

/** Plays the delivery service for bob: memberships in memory, and failures on demand. */
export interface FakeDelivery extends AsyncDisposable {
  readonly rows: ReadonlyMap<string, Row>;
  readonly calls: readonly (readonly [op: string, args: unknown])[];
  /** From now on this operation is refused; until it is taken back with nothing. */
  fail(op: string, error?: CotalError): void;
  /** A membership from an earlier life of the peer. */
  put(channel: string, row: Row): void;
  /** Nobody leads any more. */
  stop(): Promise<void>;
}

export async function startFakeDelivery(
  url: string,
  owner: OwnerId = bob,
  credentials: Parameters<typeof createLink>[0]["credentials"] = noCredential,
  onAttach: () => Promise<void> = async () => undefined,
): Promise<FakeDelivery> {
  const rows = new Map<string, Row>();
  const calls: [string, unknown][] = [];
  const failures = new Map<string, CotalError>();
  const shard = partition(shards, owner);
  const answers: Readonly<
    Record<string, (args: { channel: Channel; since: number; generation: number }) => unknown>
  > = {
    durableJoin: ({ channel, since }) => {
      const row = rows.get(channel);
      if (row?.open) return { durable: true, generation: row.generation };
      const generation = (row?.generation ?? 0) + 1;
      rows.set(channel, { generation, since, open: true });
      return { durable: true, generation };
    },
    durableLeave: ({ channel, generation }) => {
      const row = rows.get(channel);
      if (!row?.open) return undefined;
      if (row.generation !== generation) throw new CotalError("stale-generation", "another generation");
      rows.set(channel, { ...row, open: false });
      return undefined;
    },
    listMemberships: () =>
      [...rows]
        .filter(([, { open }]) => open)
        .map(([channel, row]) => ({ channel, ...row, activated: true })),
    members: () => [{ id: owner, activated: true }],
    channels: () => [{ channel: "general", posts: 3, lastSeq: 9, members: 1 }],
    attach: () => ({
      stream: streamName.delivery(space, shard),
      consumer: consumerName.delivery(owner),
      pending: 0,
    }),
    pending: () => ({ pending: 0 }),
  };
  const operation =
    (op: string): Operation =>
    async (args) => {
      calls.push([op, args]);
      const failure = failures.get(op);
      if (failure) throw failure;
      if (op === "attach") await onAttach();
      return answers[op]?.(args as { channel: Channel; since: number; generation: number });
    };
  const surroundings = { clock: systemClock, log: silentLog, faults: noFaultPoints };
  const responder = createResponder({
    space,
    service: serviceName.delivery(shard),
    policy: { maxBytes: 100_000, signatures: "none" },
    operations: Object.fromEntries(Object.keys(answers).map((op) => [op, operation(op)])),
    clock: systemClock,
    log: silentLog,
  });
  const link = createLink({
    ...surroundings,
    credentials,
    capabilities: [responder],
    dial: { servers: [url], name: "delivery" },
  });
  await link.start();
  const stop = (): Promise<void> => link.stop();
  return {
    rows,
    calls,
    fail: (op, error) => {
      if (error) failures.set(op, error);
      else failures.delete(op);
    },
    put: (channel, row) => void rows.set(channel, row),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
