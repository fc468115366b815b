import { type SpaceBroker, startSpaceBroker } from "@cotal/harness";
import { ingestOfRegistry, ingestOfShard, ingestSecret, type Minted, secret, signJwt } from "@cotal/trust";
import { formatCredential, generateSeed, publicFromSeed } from "@cotal/wire";
import type { NatsConnection } from "@nats-io/nats-core";

export interface Answer {
  readonly error?: { readonly description?: string };
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly state?: object;
}

/** A broker with the streams and buckets of a space, and somebody to whom nothing is forbidden. */
export interface AttackedSpace extends AsyncDisposable {
  readonly fixture: SpaceBroker;
  readonly root: NatsConnection;
  api(subject: string, body?: object): Promise<Answer>;
  /** What streams hold, to see whether something changed. */
  states(streams: readonly string[]): Promise<object>;
}

export const stored = { storage: "file", max_bytes: 1024 * 1024, allow_direct: false } as const;
/** Everything of these passes a secret ingest. */
export const closed: readonly string[] = [
  ...["space", "channels", "members", "acl", "directory", "lease", "membership"].map(bucket),
  "DLV_acme_0",
  "DLV_acme_1",
];

export async function startAttackedSpace(): Promise<AttackedSpace> {
  const fixture = await startSpaceBroker();
  const root = await fixture.connect(withRights(fixture, [">"]));
  const api = async (subject: string, body: object = {}): Promise<Answer> =>
    (await root.request(`$JS.API.${subject}`, JSON.stringify(body), { timeout: 10_000 })).json();
  for (const stream of streamsOf(fixture)) {
    const { error } = await api(`STREAM.CREATE.${stream.name}`, { ...stored, ...stream });
    if (error !== undefined) throw new Error(`${stream.name}: ${error.description}`);
  }
  return {
    fixture,
    root,
    api,
    states: async (streams) =>
      Object.fromEntries(
        await Promise.all(streams.map(async (name) => [name, (await api(`STREAM.INFO.${name}`)).state])),
      ),
    [Symbol.asyncDispose]: async () => {
      await root.close();
      await fixture[Symbol.asyncDispose]();
    },
  };
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
  return { id, jwt, expiresAt, creds: secret(formatCredential({ jwt, seed })) } as Minted;
}

function bucket(registry: string): string {
  return `KV_cotal_${registry}_acme`;
}

function streamsOf({ space }: SpaceBroker): { name: string; subjects: string[] }[] {
  const registries = ["space", "channels", "members", "acl", "directory", "lease", "membership"] as const;
  const behind = (from: string, dest: string): object => ({
    subjects: [from],
    subject_transform: { src: from, dest },
  });
  return [
    { name: "CHAT_acme", subjects: ["cotal.acme.chat.>"] },
    { name: "DM_acme", subjects: ["cotal.acme.inst.>"] },
    { name: "TASK_acme", subjects: ["cotal.acme.svc.>"] },
    { name: bucket("presence"), subjects: ["$KV.cotal_presence_acme.>"] },
    ...registries.map((name) => {
      const into = `$KV.cotal_${name}_acme.>`;
      const from = `in.${ingestSecret(space, ingestOfRegistry(space, name))}.${into}`;
      return { name: bucket(name), max_msgs_per_subject: 1, ...behind(from, into) };
    }),
    ...[0, 1].map((shard) => {
      const from = `in.${ingestSecret(space, ingestOfShard(space, shard))}.${shard}.>`;
      return { name: `DLV_acme_${shard}`, ...behind(from, ">") };
    }),
  ] as { name: string; subjects: string[] }[];
}
