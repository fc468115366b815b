import { createHash } from "node:crypto";
import type { EndpointOptions } from "@cotal/endpoint";
import { provisionAgent, startSpaceBroker, startTestBroker, withSession } from "@cotal/harness";
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
  const id = asOwnerId(publicFromSeed(generateSeed("user")));
  await withSession(url, (session) =>
    setUpSpace(session, { spec: { ...layout, mode: "open", ingest }, id, ...order }),
  );
  return {
    space,
    pid,
    raw: { url },
    provision: async (name, role) => {
      const seed = generateSeed("user");
      const options = optionsOf(url, { auth: { kind: "open", seed }, name, role });
      return { id: asOwnerId(publicFromSeed(seed)), options };
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function startAuthenticated(): Promise<BenchSpace> {
  const fixture = await startSpaceBroker();
  const { url, pid } = fixture.broker;
  const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
  const setup = fixture.mint({ profile: "setup", name: "setup" });
  const spec = { ...layout, mode: "auth", ingest } as const;
  await withSession(url, (session) => setUpSpace(session, { spec, id: setup.id, ...order }), { as: setup });
  return {
    space,
    pid,
    raw: { url, creds: mintRaw(fixture.space), apiRoot: setup.apiRoot.reveal() },
    provision: async (name, role) => {
      const wish = {
        allowSubscribe: [channel],
        allowPublish: [channel],
        ...(role !== undefined && { role }),
      };
      const { id, creds } = await provisionAgent(fixture, { profile: "agent", name, ...wish });
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
