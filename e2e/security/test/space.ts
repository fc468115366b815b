import { type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { ensureSpace, spaceTable } from "@cotal/registries";
import { adminApi, ingestSecret, type Minted, secret, signJwt } from "@cotal/trust";
import { formatCredential, generateSeed, publicFromSeed } from "@cotal/wire";
import { type NatsConnection, TimeoutError } from "@nats-io/nats-core";

export interface Answer {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly state?: StreamState;
}

export interface StreamState {
  readonly messages: number;
  readonly last_seq: number;
}

/** A broker with a space as users have it, and somebody to whom nothing is forbidden. */
export interface AttackedSpace extends AsyncDisposable {
  readonly fixture: SpaceBroker;
  readonly root: NatsConnection;
  /** The name of each stream and bucket. */
  readonly streams: readonly string[];
  api(subject: string, body?: object): Promise<Answer>;
  /** What streams hold, to see whether something changed. */
  states(streams: readonly string[]): Promise<Readonly<Record<string, StreamState>>>;
  /** A stream beside those of the space, for a control. */
  makeStream(name: string, config: object): Promise<void>;
}

export const layout = { shards: 2, mode: "auth", storageBytes: 256 * 1024 ** 2 } as const;

/** `change` takes away a counter-measure, for a control. */
export async function startAttackedSpace(
  change?: Parameters<typeof startSpaceBroker>[0],
): Promise<AttackedSpace> {
  const fixture = await startSpaceBroker(change);
  const table = { ...layout, space: fixture.space.space };
  await setUp(fixture, table);
  const root = await fixture.connect(withRights(fixture, [">"]));
  const api = async (subject: string, body: object = {}): Promise<Answer> =>
    (
      await answered(() =>
        root.request(`${adminApi(fixture.space)}.${subject}`, JSON.stringify(body), { timeout: 10_000 }),
      )
    ).json();
  return {
    fixture,
    root,
    streams: spaceTable(table).map(({ name }) => name),
    api,
    states: async (names) => {
      const infos = names.map(async (name) => [name, (await api(`STREAM.INFO.${name}`)).state] as const);
      return Object.fromEntries(await Promise.all(infos)) as Record<string, StreamState>;
    },
    makeStream: async (name, config) => {
      const stored = { name, storage: "file", max_bytes: 1024 * 1024, allow_direct: false };
      const { error } = await api(`STREAM.CREATE.${name}`, { ...stored, ...config });
      if (error !== undefined) throw new Error(`${name}: ${error.description}`);
    },
    [Symbol.asyncDispose]: async () => {
      await root.close();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

/** The broker drops requests of its API while too many of them wait; who is not answered asks again. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < 6; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
  return await ask();
}

async function setUp(fixture: SpaceBroker, table: Parameters<typeof spaceTable>[0]): Promise<void> {
  const ingest = (resource: string) => ingestSecret(fixture.space, resource);
  const as = fixture.mint({ profile: "setup", name: "setup" });
  await withSession(fixture.broker.url, (session) => ensureSpace(session, { ...table, ingest }), { as });
}

/** A user with rights that no profile gives: what an attack would have without a counter-measure. */
export function withRights({ space }: SpaceBroker, allow: readonly string[]): Minted {
  if (space.keys.tools === undefined) throw new Error("the signer of the tools is missing");
  const seed = generateSeed("user");
  const id = publicFromSeed(seed);
  const issuedAt = Math.floor(Date.now() / 1000);
  const body = {
    issuer_account: space.account,
    subs: -1,
    data: -1,
    payload: -1,
    pub: { allow },
    sub: { allow: [...allow, `_INBOX_${id}.>`] },
  };
  const expiresAt = issuedAt + 3600;
  const jwt = signJwt(
    { kind: "user", name: "attacker", subject: id, body, issuedAt, expiresAt },
    space.keys.tools,
  );
  return {
    id,
    jwt,
    expiresAt,
    creds: secret(formatCredential({ jwt, seed })),
    apiRoot: secret("js"),
  } as Minted;
}
