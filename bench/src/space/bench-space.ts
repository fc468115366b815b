import { createHash } from "node:crypto";
import type { EndpointOptions } from "@cotal/endpoint";
import { type SpaceBroker, startSpaceBroker, startTestBroker } from "@cotal/harness";
import {
  aclRegistry,
  directoryRegistry,
  openRegistry,
  type PeerOrder,
  provisionPeer,
  setUpSpace,
} from "@cotal/registries";
import {
  createLink,
  credentialOf,
  noCredential,
  noFaultPoints,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { asChannel, asToken, type Channel, inboxPrefix, type OwnerId, type Token } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret, type Minted } from "@cotal/trust";
import { generateSeed, keyPairFromSeed, parseCredential } from "@cotal/wire";
import { mintRaw, type RawAccess } from "./raw-access.ts";

/** A space as users have it, on a broker of its own, and beside it somebody who may do everything. */
export interface BenchSpace extends AsyncDisposable {
  readonly space: Token;
  readonly pid: number;
  readonly raw: RawAccess;
  /** It may post in the channel of the benchmarks and listen to it, and listens to none from the start. */
  provision(name: string, role?: string): Promise<BenchPeer>;
}

export interface BenchPeer {
  readonly id: OwnerId;
  /** What it connects with; it can be handed to another process. */
  readonly options: EndpointOptions;
}

/** `authenticated`: its peers have credentials, and so they sign. */
export type SpaceKind = "open" | "authenticated";

/** Where all benchmarks post. */
export const channel: Channel = asChannel("general");

const space = asToken("space", "acme");
/** Nobody delivers what is durable, so all channels are live. */
const order = { version: "0.0.0", backstop: false, defaultClass: "live" } as const;
const layout = { space, shards: 2, storageBytes: 512 * 1024 ** 2 } as const;

export function startBenchSpace(kind: SpaceKind): Promise<BenchSpace> {
  return kind === "open" ? startOpen() : startAuthenticated();
}

async function startOpen(): Promise<BenchSpace> {
  const broker = await startTestBroker();
  const { url, pid } = broker;
  const ingest = (resource: string): Token =>
    asToken("secret", createHash("sha256").update(resource).digest("base64url"));
  await withSession(url, undefined, (session, id) =>
    setUpSpace(session, { spec: { ...layout, mode: "open", ingest }, id, ...order }),
  );
  return {
    space,
    pid,
    raw: { url },
    provision: async (name, role) => {
      const seed = generateSeed("user");
      const options = optionsOf(url, { auth: { kind: "open", seed }, name, role });
      return { id: keyPairFromSeed(seed).publicKey as OwnerId, options };
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function startAuthenticated(): Promise<BenchSpace> {
  const fixture = await startSpaceBroker();
  const { url, pid } = fixture.broker;
  const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
  const setup = fixture.mint({ profile: "setup", name: "setup" });
  await withSession(url, setup, (session, id) =>
    setUpSpace(session, { spec: { ...layout, mode: "auth", ingest }, id, ...order }),
  );
  return {
    space,
    pid,
    raw: { url, creds: mintRaw(fixture.space), apiRoot: setup.apiRoot.reveal() },
    provision: async (name, role) => {
      const { id, creds } = await provisioned(fixture, name, role);
      const auth = { kind: "creds" as const, creds: creds.reveal() };
      return { id, options: optionsOf(url, { auth, name, role }) };
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

function optionsOf(
  servers: string,
  { auth, name, role }: Pick<EndpointOptions, "auth"> & { name: string; role: string | undefined },
): EndpointOptions {
  return { space, servers, auth, card: { name, ...(role !== undefined && { role }) } };
}

function provisioned(fixture: SpaceBroker, name: string, role: string | undefined): Promise<Minted> {
  const provisioner = fixture.mint({ profile: "provisioner", name: "provisioner" });
  return withSession(fixture.broker.url, provisioner, async (session, own) => {
    const secretOf = (registry: "acl" | "directory"): Token =>
      ingestSecret(fixture.space, ingestOfRegistry(fixture.space, registry));
    const office = {
      session,
      space,
      acl: await openRegistry(session, aclRegistry, { space, id: own, secret: secretOf("acl") }),
      directory: await openRegistry(session, directoryRegistry, {
        space,
        id: own,
        secret: secretOf("directory"),
      }),
    };
    const rights = { allowSubscribe: [channel], allowPublish: [channel] };
    const minted = fixture.mint({ profile: "agent", name, ...rights, ...(role !== undefined && { role }) });
    const order: PeerOrder = {
      id: minted.id,
      name,
      kind: "agent",
      ...rights,
      ...(role !== undefined && { role: asToken("role", role) }),
    };
    return await provisionPeer(office, order, async () => minted);
  });
}

async function withSession<T>(
  url: string,
  minted: Minted | undefined,
  run: (session: Session, id: OwnerId) => Promise<T>,
): Promise<T> {
  const user = minted && parseCredential(minted.creds.reveal());
  const id = user?.id ?? (`U${"A".repeat(55)}` as OwnerId);
  await using link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials: user ? () => credentialOf(user) : noCredential,
    capabilities: [],
    dial: {
      servers: [url],
      name: "set-up",
      ...(minted && { inboxPrefix: inboxPrefix(id), apiRoot: minted.apiRoot.reveal() }),
    },
  });
  return await run(await link.start(), id);
}
