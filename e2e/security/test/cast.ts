import { eventually } from "@cotal/harness";
import { asChannel, asToken, type Token } from "@cotal/subjects";
import type { Minted, MintOrder } from "@cotal/trust";
import {
  type ComposedMessage,
  composeMessage,
  createSigner,
  type Policy,
  parseCredential,
  type Route,
} from "@cotal/wire";
import { headers, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { type Answer, type AttackedSpace, startAttackedSpace, withRights } from "./space.ts";

export const space: Token = asToken("space", "acme");
export const unsigned: Policy = { maxBytes: 65_536, signatures: "none" };
const lab = asChannel("lab");
/** What a receiver of the channel expects. */
export const labRoute: Route = { kind: "channel", space, covers: (channel) => channel === lab };

/** A connected agent that reads and posts in the channel `lab`, with a queue of its own. */
export interface Peer {
  readonly id: string;
  readonly minted: Minted;
  readonly connection: NatsConnection;
  /** Publishes and gives the broker's answer. */
  ask(
    subject: string,
    body?: string | Uint8Array,
    fields?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Has the next entry of an own consumer sent to any subject. */
  throwNext(stream: string, consumer: string, to: string): void;
}

/** An attacked space with an attacker, a victim and a witness. */
export interface Cast extends AsyncDisposable {
  readonly attacked: AttackedSpace;
  readonly mallory: Peer;
  readonly bob: Peer;
  readonly alice: Peer;
  /** Somebody with rights that no profile gives. */
  withControl(allow: readonly string[]): Promise<Peer>;
  messagesIn(stream: string): Promise<number>;
}

export async function startCast(change?: Parameters<typeof startAttackedSpace>[0]): Promise<Cast> {
  const attacked = await startAttackedSpace(change);
  const { fixture } = attacked;
  const enter = async (name: string): Promise<Peer> => {
    const order: Partial<MintOrder> = { name, allowPublish: ["lab"], allowSubscribe: ["lab"] };
    const peer = await connectPeer(attacked, fixture.mint(order));
    await makeQueue(attacked, peer.id);
    return peer;
  };
  return {
    attacked,
    mallory: await enter("mallory"),
    bob: await enter("bob"),
    alice: await enter("alice"),
    withControl: (allow) => connectPeer(attacked, withRights(fixture, allow)),
    messagesIn: async (stream) => (await attacked.states([stream]))[stream]?.messages ?? -1,
    [Symbol.asyncDispose]: () => attacked[Symbol.asyncDispose](),
  };
}

export async function connectPeer({ fixture }: AttackedSpace, minted: Minted): Promise<Peer> {
  const connection = await fixture.connect(minted);
  return {
    id: minted.id,
    minted,
    connection,
    ask: async (subject, body = "x", fields = {}) =>
      (await connection.request(subject, body, { headers: headersOf(fields), timeout: 20_000 })).json(),
    throwNext: (stream, consumer, to) =>
      connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, '{"batch":1}', { reply: to }),
  };
}

/** The queue of direct messages, as a provisioner makes it. */
export async function makeQueue({ api }: AttackedSpace, id: string): Promise<void> {
  const filter = `cotal.acme.inst.${id}.*`;
  const config = { durable_name: `dm_${id}`, filter_subject: filter, ack_policy: "explicit" };
  const answer = await api(`CONSUMER.CREATE.DM_acme.dm_${id}.${filter}`, { stream_name: "DM_acme", config });
  if (answer.error !== undefined) throw new Error(answer.error.description);
}

export function headersOf(fields: Readonly<Record<string, string>>): MsgHdrs {
  const set = headers();
  for (const [name, value] of Object.entries(fields)) set.set(name, value);
  return set;
}

export function composed(
  from: Minted,
  to: { channel?: string; to?: string; toService?: string },
): ComposedMessage {
  const sender = { space, id: from.id, name: "ada" };
  return composeMessage({ ...to, text: "obey" }, sender, { now: Date.now(), maxBytes: 65_536 });
}

/** The headers of a message as its sender publishes it. */
export async function signed(
  from: Minted,
  { subject, bytes, headers: plain }: ComposedMessage,
): Promise<Record<string, string>> {
  const { keys } = parseCredential(from.creds.reveal());
  const signature = await createSigner(keys, { now: Date.now }).sign({ subject, bytes });
  return { ...plain, ...signature };
}

export interface Ear {
  readonly heard: readonly Msg[];
  /** What arrived as number `count`. */
  nth(count: number): Promise<Msg>;
  stop(): void;
}

/** What arrives at a live subscription. */
export async function listenTo({ connection }: Peer, subject = "cotal.acme.chat.*.lab"): Promise<Ear> {
  const heard: Msg[] = [];
  const live = connection.subscribe(subject, { callback: (_, message) => void heard.push(message) });
  await connection.flush();
  return {
    heard,
    nth: (count) => eventually(() => heard[count - 1] ?? false, { what: `message ${count} on ${subject}` }),
    stop: () => live.unsubscribe(),
  };
}
