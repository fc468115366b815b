import { createEngine, type Engine, type EngineOptions } from "@cotal/delivery";
import { connectEndpoint, type Endpoint, type EndpointOptions, type Outcome } from "@cotal/endpoint";
import { openLink, provisionAgent, type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { call, type Link, type Session } from "@cotal/session";
import { asToken, CotalError, type OwnerId, partition, serviceName, type Token } from "@cotal/subjects";
import { ingestSecret, type Minted, type MintOrder } from "@cotal/trust";
import { type ChannelConfig, createSigner, parseCredential } from "@cotal/wire";

export const space: Token = asToken("space", "acme");
const shards = 2;

/** A space with a backstop, on a broker of its own. Nobody leads unless a test has somebody do so. */
export interface PeerSpace extends AsyncDisposable {
  readonly fixture: SpaceBroker;
  /** Starts a delivery daemon in this process and waits until it leads what it is to lead. */
  deliver(wish?: Partial<EngineOptions>): Promise<Daemon>;
  /** Makes a peer; it is not connected yet. */
  person(order: Pick<MintOrder, "name"> & Partial<MintOrder>): Promise<Person>;
  as<T>(profile: MintOrder["profile"], run: (session: Session, as: Minted) => Promise<T>): Promise<T>;
  asPeer<T>(minted: Minted, run: (session: Session) => Promise<T>): Promise<T>;
  /** Asks whoever leads the owner's shard, as an operator. */
  order(owner: OwnerId, op: string, args?: object): Promise<unknown>;
}

export interface Daemon {
  readonly engine: Engine;
  readonly link: Link;
  stop(): Promise<void>;
}

/** Somebody who may connect again and again. */
export interface Person {
  readonly minted: Minted;
  readonly id: OwnerId;
  /** Each message that was handed over by any of the connections, in order. */
  readonly heard: Heard[];
  readonly gaps: { readonly channel: string; readonly reason: string }[];
  /** What its handlers do about a message; one that throws is asked once. */
  decide: (text: string) => Outcome | undefined;
  connect(more?: Partial<EndpointOptions>): Promise<Endpoint>;
}

export interface Heard {
  readonly text: string;
  readonly source: string;
  readonly historical: boolean;
}

export async function startPeerSpace(channels: Record<string, ChannelConfig> = {}): Promise<PeerSpace> {
  const fixture = await startSpaceBroker();
  const { broker, mint } = fixture;
  const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
  const stops: (() => Promise<void>)[] = [];
  const as: PeerSpace["as"] = (profile, run) => {
    const minted = mint({ profile, name: "tool" });
    return withSession(broker.url, (session) => run(session, minted), { as: minted });
  };
  await as("setup", (session, { id }) =>
    setUpSpace(session, {
      spec: { space, shards, mode: "auth", storageBytes: 256 * 1024 ** 2, ingest },
      id,
      version: "0.0.0",
      channels,
    }),
  );

  const deliver: PeerSpace["deliver"] = async (wish = {}) => {
    const minted = mint({ profile: "delivery", name: "delivery" });
    const leads = new Set<number>();
    let tell: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const engine = createEngine({
      space,
      self: { id: minted.id, name: "delivery" },
      version: "0.0.0",
      ingest,
      ...wish,
      onEvent: (event) => {
        wish.onEvent?.(event);
        if (event.kind === "leads" && leads.add(event.shard).size === (wish.shards?.length ?? shards)) tell();
      },
    });
    const link = openLink(broker.url, { as: minted, capabilities: [engine] });
    stops.push(() => link.stop());
    await link.start();
    if (wish.standby !== true) await all;
    return { engine, link, stop: () => link.stop() };
  };

  const person: PeerSpace["person"] = async (order) => {
    const rights = { allowSubscribe: ["general", "team.>"], allowPublish: ["general", "team.>"] };
    const minted = await provisionAgent(fixture, { profile: "agent", ...rights, ...order });
    const made: Person = {
      minted,
      id: minted.id,
      heard: [],
      gaps: [],
      decide: () => undefined,
      connect: async (more = {}) => {
        const endpoint = await connectEndpoint({
          space,
          servers: broker.url,
          auth: { kind: "creds", creds: minted.creds.reveal() },
          card: { name: order.name },
          ...more,
        });
        stops.push(() => endpoint.stop());
        endpoint.on("gap", ({ channel, reason }) => made.gaps.push({ channel, reason }));
        endpoint.onMessage(
          async ({ message, source, historical }) => {
            const text = message.parts.map((part) => ("text" in part ? part.text : "")).join("");
            made.heard.push({ text, source, historical });
            return made.decide(text);
          },
          { maxAttempts: 1 },
        );
        return endpoint;
      },
    };
    return made;
  };

  const order: PeerSpace["order"] = (owner, op, args = {}) =>
    as("operator", async (session, { id, creds }) => {
      const { keys } = parseCredential(creds.reveal());
      const reply = await call(session, {
        space,
        service: serviceName.deliveryAdmin(partition(shards, owner)),
        op,
        args: { owner, ...args },
        from: { id, name: "operator" },
        signer: createSigner(keys, { now: session.brokerClock.now }),
      });
      if (reply.ok) return reply.data;
      throw new CotalError("refused", reply.error.message, { data: { code: reply.error.code } });
    });

  return {
    fixture,
    deliver,
    person,
    as,
    asPeer: (minted, run) => withSession(broker.url, run, { as: minted }),
    order,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await fixture[Symbol.asyncDispose]();
    },
  };
}

export function textsOf({ heard }: Person): string[] {
  return heard.map(({ text }) => text);
}
