import { createEngine, type Engine } from "@cotal/delivery";
import { eventually, openLink, provisionAgent, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { call, type Link } from "@cotal/session";
import { bucketName, type OwnerId, partition, serviceName, streamName, type Token } from "@cotal/subjects";
import { ingestSecret, type Minted, type MintOrder } from "@cotal/trust";
import { type ControlReply, createSigner, parseCredential } from "@cotal/wire";
import { composed, connectPeer, type Peer, signed, space } from "./cast.ts";
import { connectRaw, type Verb } from "./raw-user.ts";
import { type AttackedSpace, layout, startAttackedSpace } from "./space.ts";

/** An attacked space in which the durable backstop is served, and peers that are known to it. */
export interface ServedSpace extends AsyncDisposable {
  readonly attacked: AttackedSpace;
  readonly engine: Engine;
  /** A peer that reads and posts in `lab` and in `team.>`. */
  enter(name: string, more?: Partial<MintOrder>): Promise<Peer>;
  /** Under what a store takes its writes. */
  secretOf(store: string): Token;
  /** Asks the leader of the asker's own shard over a connection of the asker's own. */
  ask(asker: Minted, op: string, args?: object, id?: string): Promise<ControlReply>;
  /** Orders something of the leader of the owner's shard. */
  order(owner: string, op: string, args?: object): Promise<ControlReply>;
  /** What waits for a peer. */
  pending(peer: Peer): Promise<number>;
  /** Resolves when so much waits. */
  waiting(peer: Peer, count: number): Promise<unknown>;
  /** Signed, in `lab` unless it says where; with further headers. Resolves with its place. */
  post(from: Peer, channel?: string, more?: Readonly<Record<string, string>>): Promise<number>;
  /** From the next post on what is posted there waits for the peer. */
  becomeMember(peer: Peer, channel?: string): Promise<unknown>;
  /** Those of the subjects that the broker refuses to a peer. */
  refusedTo(peer: Peer, verb: Verb, subjects: readonly string[]): Promise<readonly string[]>;
}

/** A service that has much to do takes as long as the machine needs. */
const patientMs = 60_000;

export const shardOf = (id: string): number => partition(layout.shards, id as OwnerId);
export const delivering = (id: string): string => `delivery-${shardOf(id)}`;

export async function startServedSpace(): Promise<ServedSpace> {
  const attacked = await startAttackedSpace();
  const { fixture } = attacked;
  const { broker, mint } = fixture;
  const secretOf = (store: string): Token => ingestSecret(fixture.space, store);
  const setup = mint({ profile: "setup", name: "setup" });
  await withSession(
    broker.url,
    (session) =>
      setUpSpace(session, { spec: { ...layout, space, ingest: secretOf }, id: setup.id, version: "0.0.0" }),
    { as: setup },
  );
  const minted = mint({ profile: "delivery", name: "delivery" });
  const self = { id: minted.id, name: "delivery" };
  const engine = createEngine({ space, self, version: "0.0.0", ingest: secretOf, standby: true });
  const link: Link = openLink(broker.url, { as: minted, capabilities: [engine] });
  await link.start();
  await eventually(() => engine.report().every(({ state }) => state === "ready"), { what: "the leads" });

  const askService = (service: Token, asker: Minted, question: Question): Promise<ControlReply> =>
    withSession(
      broker.url,
      (session) => {
        const signer = createSigner(parseCredential(asker.creds.reveal()).keys, {
          now: session.brokerClock.now,
        });
        const from = { id: asker.id, name: "asker" };
        return call(session, { space, service, from, signer, timeoutMs: patientMs, ...question });
      },
      { as: asker },
    );
  const operator = mint({ profile: "operator", name: "operator" });
  const order: ServedSpace["order"] = (owner, op, args = {}) =>
    askService(serviceName.deliveryAdmin(shardOf(owner)), operator, { op, args: { owner, ...args } });

  const ask: ServedSpace["ask"] = (asker, op, args, id) =>
    askService(serviceName.delivery(shardOf(asker.id)), asker, { op, args, ...(id !== undefined && { id }) });
  const pending: ServedSpace["pending"] = async ({ id }) => {
    const reply = await order(id, "pending");
    if (!reply.ok) throw new Error(reply.error.message);
    return (reply.data as { readonly pending: number }).pending;
  };

  return {
    attacked,
    engine,
    secretOf,
    enter: async (name, more = {}) => {
      const rights = ["lab", "team.>"];
      const given = { profile: "agent", name, allowPublish: rights, allowSubscribe: rights } as const;
      return await connectPeer(attacked, await provisionAgent(fixture, { ...given, ...more }));
    },
    ask,
    order,
    pending,
    waiting: (peer, count) =>
      eventually(async () => (await pending(peer)) === count, { what: `${count} copies that wait` }),
    post: async (from, channel = "lab", more = {}) => {
      const message = composed(from.minted, { channel });
      const fields = { ...(await signed(from.minted, message)), ...more };
      const { seq = 0, error } = await from.ask(message.subject, message.bytes, fields);
      if (error) throw new Error(error.description);
      return seq;
    },
    becomeMember: async (peer, channel = "lab") => {
      const reply = await ask(peer.minted, "durableJoin", { channel, since: 2 ** 50 });
      if (!reply.ok) throw new Error(reply.error.message);
    },
    refusedTo: async ({ minted: as }, verb, subjects) => {
      const raw = await connectRaw(fixture, as);
      const refused = await raw.attempt(verb, subjects);
      await raw.close();
      return [...refused];
    },
    [Symbol.asyncDispose]: async () => {
      await link.stop();
      await attacked[Symbol.asyncDispose]();
    },
  };
}

interface Question {
  readonly op: string;
  readonly args?: object | undefined;
  readonly id?: string;
}

export const stores = {
  acl: bucketName(space, "acl"),
  directory: bucketName(space, "directory"),
  shard: (id: string): string => streamName.delivery(space, shardOf(id)),
} as const;
