import { createHash } from "node:crypto";
import type { EndpointOptions } from "@cotal/endpoint";
import {
  provisionAgents,
  type SpaceBroker,
  startSpaceBroker,
  startTestBroker,
  withSession,
} from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { asChannel, asOwnerId, asToken, type Channel, type OwnerId, type Token } from "@cotal/subjects";
import { ingestSecret } from "@cotal/trust";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { mintRaw, type RawAccess } from "./raw-access.ts";

/** A space as users have it, on a broker of its own, and beside it somebody who may do everything. */
export interface BenchSpace extends AsyncDisposable {
  readonly space: Token;
  readonly pid: number;
  readonly raw: RawAccess;
  /** It may post in the channel of the benchmarks and listen to it, and listens to none from the start. */
  provision(name: string, role?: string): Promise<BenchPeer>;
  provisionAll(names: readonly string[], role?: string): Promise<readonly BenchPeer[]>;
}

/** A space that keeps what is posted for its members. */
export interface DurableSpace extends BenchSpace {
  readonly trust: SpaceBroker;
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
const version = "0.0.0";
/** Nobody delivers what is durable, so all channels are live. */
const live = { version, backstop: false, defaultClass: "live" } as const;
/** Its channel reads nothing back to who joins, as a queue of the bare client does not. */
const durable = {
  version,
  backstop: true,
  defaultClass: "durable",
  channels: { [channel]: { v: 1, replay: false } },
} as const;
const layout = { space, shards: 2, storageBytes: 4 * 1024 ** 3 } as const;

export function startBenchSpace(kind: SpaceKind): Promise<BenchSpace> {
  return kind === "open" ? startOpen() : startAuthenticated(live);
}

export function startDurableSpace(): Promise<DurableSpace> {
  return startAuthenticated(durable);
}

async function startOpen(): Promise<BenchSpace> {
  const broker = await startTestBroker();
  const { url, pid } = broker;
  const ingest = (resource: string): Token =>
    asToken("secret", createHash("sha256").update(resource).digest("base64url"));
  const id = asOwnerId(publicFromSeed(generateSeed("user")));
  await withSession(url, (session) =>
    setUpSpace(session, { spec: { ...layout, mode: "open", ingest }, id, ...live }),
  );
  const make = (name: string, role?: string): BenchPeer => {
    const seed = generateSeed("user");
    const options = optionsOf(url, { auth: { kind: "open", seed }, name, role });
    return { id: asOwnerId(publicFromSeed(seed)), options };
  };
  return {
    space,
    pid,
    raw: { url },
    provision: async (name, role) => make(name, role),
    provisionAll: async (names, role) => names.map((name) => make(name, role)),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function startAuthenticated(order: typeof live | typeof durable): Promise<DurableSpace> {
  const trust = await startSpaceBroker();
  const { url, pid } = trust.broker;
  const ingest = (resource: string): Token => ingestSecret(trust.space, resource);
  const setup = trust.mint({ profile: "setup", name: "setup" });
  const spec = { ...layout, mode: "auth", ingest } as const;
  await withSession(url, (session) => setUpSpace(session, { spec, id: setup.id, ...order }), { as: setup });
  const rights = { allowSubscribe: [channel], allowPublish: [channel] };
  const provisionAll = async (names: readonly string[], role?: string): Promise<BenchPeer[]> => {
    const wish = { profile: "agent", ...rights, ...(role !== undefined && { role }) } as const;
    const minted = await provisionAgents(
      trust,
      names.map((name) => ({ ...wish, name })),
    );
    return minted.map(({ id, creds }, at) => {
      const auth = { kind: "creds", creds: creds.reveal() } as const;
      return { id, options: optionsOf(url, { auth, name: names[at] ?? "", role }) };
    });
  };
  return {
    space,
    pid,
    trust,
    raw: { url, creds: mintRaw(trust.space), apiRoot: setup.apiRoot.reveal() },
    provision: async (name, role) => {
      const [peer] = await provisionAll([name], role);
      if (!peer) throw new Error("one was ordered");
      return peer;
    },
    provisionAll,
    [Symbol.asyncDispose]: () => trust[Symbol.asyncDispose](),
  };
}

function optionsOf(
  servers: string,
  { auth, name, role }: Pick<EndpointOptions, "auth"> & { name: string; role: string | undefined },
): EndpointOptions {
  return { space, servers, auth, card: { name, ...(role !== undefined && { role }) } };
}
