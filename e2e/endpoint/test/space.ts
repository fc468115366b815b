import { createHash } from "node:crypto";
import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import {
  provisionAgent,
  type SpaceBroker,
  startSpaceBroker,
  startTestBroker,
  type TestBroker,
  withSession,
} from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import type { Session } from "@cotal/session";
import { asOwnerId, asToken, type OwnerId, type Token } from "@cotal/subjects";
import { ingestSecret, type Minted, type MintOrder, type Profile } from "@cotal/trust";
import { generateSeed, publicFromSeed } from "@cotal/wire";

export const space: Token = asToken("space", "acme");
const layout = { space, shards: 2, storageBytes: 256 * 1024 ** 2 } as const;

export interface PeerWish
  extends Partial<Omit<EndpointOptions, "card">>,
    Pick<MintOrder, "allowSubscribe" | "allowPublish" | "role" | "capabilities" | "serves" | "lifeMs"> {}

/** A space as users have it, on a broker of its own. */
export interface TestSpace extends AsyncDisposable {
  readonly broker: TestBroker;
  /** Provisions a peer, where the space has credentials, and gives what it connects with. */
  provision(name: string, wish?: PeerWish): Promise<EndpointOptions>;
  /** Connects; it is stopped with the space. */
  connect(options: EndpointOptions): Promise<Endpoint>;
  /** Provisions and connects; it is stopped with the space. */
  peer(name: string, wish?: PeerWish): Promise<Endpoint>;
  /** As somebody who may do this; nothing is left of the session. */
  as<T>(profile: Profile, run: (session: Session, id: OwnerId) => Promise<T>): Promise<T>;
}

export interface ClosedSpace extends TestSpace {
  readonly fixture: SpaceBroker;
  /** Makes the space whole, also after the broker has forgotten a part of it. */
  setUp(): Promise<void>;
  /** Connects as the holder of any credential; it is stopped with the space. */
  enter(order: MintOrder, more?: Partial<EndpointOptions>): Promise<Endpoint>;
}

export async function startOpenSpace(name: string = space): Promise<TestSpace> {
  const broker = await startTestBroker();
  const as: TestSpace["as"] = (_, run) => withSession(broker.url, (session) => run(session, nobody()));
  await as("setup", (session) => setUpOpenSpace(session, name));
  const provision: TestSpace["provision"] = async (peer, { role, ...wish } = {}) => ({
    space: name,
    servers: broker.url,
    auth: { kind: "open" },
    card: { name: peer, ...(role !== undefined && { role }) },
    ...wish,
  });
  return spaceOf(broker, { as, provision, dispose: async () => await broker[Symbol.asyncDispose]() });
}

/** Makes an open space whole. */
export async function setUpOpenSpace(session: Session, name: string = space): Promise<void> {
  const ingest = (resource: string): Token =>
    asToken("secret", createHash("sha256").update(resource).digest("base64url"));
  const spec = { ...layout, space: asToken("space", name), mode: "open", ingest } as const;
  await setUpSpace(session, { spec, id: nobody(), version: "0.0.0", backstop: false });
}

function nobody(): OwnerId {
  return asOwnerId(publicFromSeed(generateSeed("user")));
}

/** With `bare` nothing of the space is made yet. */
export async function startClosedSpace(
  options: { readonly storageBytes?: number; readonly bare?: boolean } = {},
): Promise<ClosedSpace> {
  const { bare = false, ...size } = options;
  const fixture = await startSpaceBroker();
  const { broker } = fixture;
  const as: TestSpace["as"] = (profile, run) => {
    const minted = fixture.mint({ profile, name: "tool" });
    return withSession(broker.url, (session) => run(session, minted.id), { as: minted });
  };
  const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
  const spec = { ...layout, ...size, mode: "auth", ingest } as const;
  const setUp = (): Promise<void> =>
    as("setup", async (session, id) => {
      await setUpSpace(session, { spec, id, version: "0.0.0", backstop: false });
    });
  if (!bare) await setUp();
  const provision: TestSpace["provision"] = async (name, wish = {}) => {
    const { role, allowSubscribe = ["general"], allowPublish = ["general"], ...rest } = wish;
    const { capabilities, serves, lifeMs, ...more } = rest;
    const rights = { allowSubscribe, allowPublish, ...without({ role, capabilities, serves, lifeMs }) };
    const order: MintOrder = { profile: "agent", name, ...rights };
    const minted = bare ? fixture.mint(order) : await provisionAgent(fixture, order);
    return { ...optionsOf(fixture, minted, { name, role }), ...more };
  };
  const made = spaceOf(broker, { as, provision, dispose: async () => await fixture[Symbol.asyncDispose]() });
  const enter: ClosedSpace["enter"] = (order, more) =>
    made.connect({ ...optionsOf(fixture, fixture.mint(order), { name: order.name }), ...more });
  return Object.assign(made, { fixture, setUp, enter });
}

function optionsOf(
  { broker }: SpaceBroker,
  { creds }: Minted,
  card: { readonly name: string; readonly role?: string | undefined },
): EndpointOptions {
  return {
    space,
    servers: broker.url,
    auth: { kind: "creds", creds: creds.reveal() },
    card: { name: card.name, ...without({ role: card.role }) },
  };
}

/** Without the fields that are undefined. */
function without<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function spaceOf(
  broker: TestBroker,
  { as, provision, dispose }: Pick<TestSpace, "as" | "provision"> & { readonly dispose: () => Promise<void> },
): TestSpace {
  const endpoints: Endpoint[] = [];
  const connect = async (options: EndpointOptions): Promise<Endpoint> => {
    const endpoint = await connectEndpoint(options);
    endpoints.push(endpoint);
    return endpoint;
  };
  return {
    broker,
    as,
    provision,
    connect,
    peer: async (name, wish) => await connect(await provision(name, wish)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
      await dispose();
    },
  };
}
