import { provisionAgent, type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { call, createBrokerClock, type Session, systemClock } from "@cotal/session";
import { asToken, type OwnerId, partition, type Token } from "@cotal/subjects";
import { ingestSecret, type Minted, type MintOrder } from "@cotal/trust";
import { type ControlReply, createSigner, generateSeed, parseCredential, publicFromSeed } from "@cotal/wire";

export const space: Token = asToken("space", "acme");
export const shards = 2;

/** A space with a backstop, on a broker of its own; nobody leads in it. */
export interface ServiceSpace extends AsyncDisposable, Pick<SpaceBroker, "broker" | "mint"> {
  readonly fixture: SpaceBroker;
  /** Made as a provisioner makes it, as an owner of this shard. */
  agent(order: Partial<MintOrder> & { readonly shard?: number }): Promise<Minted>;
  as<T>(order: Partial<MintOrder>, run: (session: Session, id: OwnerId) => Promise<T>): Promise<T>;
  /** Asks once over a connection of its own. */
  ask(as: Minted, question: Question): Promise<ControlReply>;
}

export interface Question {
  readonly service: Token;
  readonly op: string;
  readonly args?: unknown;
  readonly id?: string;
}

export async function startServiceSpace(): Promise<ServiceSpace> {
  const fixture = await startSpaceBroker();
  const { broker, mint } = fixture;
  const as: ServiceSpace["as"] = async (order, run) => {
    const minted = mint({ name: "tool", ...order });
    return await withSession(broker.url, (session) => run(session, minted.id), { as: minted });
  };
  await as({ profile: "setup" }, (session, id) =>
    setUpSpace(session, {
      spec: {
        space,
        shards,
        mode: "auth",
        storageBytes: 256 * 1024 ** 2,
        ingest: (resource) => ingestSecret(fixture.space, resource),
      },
      id,
      version: "0.0.0",
    }),
  );
  return {
    fixture,
    broker,
    mint,
    as,
    agent: async ({ shard, ...order }) => {
      const seed = shard === undefined ? undefined : seedOfShard(shard);
      const rights = { allowSubscribe: ["general", "team.>"], allowPublish: ["general", "team.>"] };
      return await provisionAgent(fixture, {
        profile: "agent",
        name: "alice",
        ...rights,
        ...order,
        ...(seed !== undefined && { seed }),
      });
    },
    ask: (minted, question) =>
      withSession(broker.url, (session) => ask(session, minted, question), { as: minted }),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** As an endpoint asks: signed, as the holder of the credential. */
async function ask(
  session: Session,
  { id, creds }: Minted,
  { service, op, args, id: callId }: Question,
): Promise<ControlReply> {
  const { keys } = parseCredential(creds.reveal());
  const signer = createSigner(keys, { now: createBrokerClock(systemClock).now });
  return await call(session, {
    space,
    service,
    op,
    args,
    from: { id, name: "asker" },
    signer,
    ...(callId !== undefined && { id: callId }),
  });
}

function seedOfShard(shard: number): string {
  for (;;) {
    const seed = generateSeed("user");
    if (partition(shards, publicFromSeed(seed)) === shard) return seed;
  }
}
