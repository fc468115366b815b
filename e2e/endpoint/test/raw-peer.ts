import type { EndpointOptions } from "@cotal/endpoint";
import type { Draft, KeyPair, Sender } from "@cotal/wire";
import { composeMessage, connectAuthenticator, createSigner, header, parseCredential } from "@cotal/wire";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { space, type TestSpace } from "./space.ts";

/** What goes over the wire. */
export interface Raw {
  readonly subject: string;
  readonly bytes: Uint8Array | string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The holder of a credential without an endpoint: it publishes whatever the broker lets it. */
export interface RawPeer {
  readonly id: string;
  readonly connection: NatsConnection;
  /** A message as an endpoint would send it. */
  compose(draft: Draft, as?: Partial<Sender>): Raw;
  /** With a signature that is as old as this. */
  sign(raw: Raw, ageMs?: number): Promise<Raw>;
  /** Resolves once a stream has it; whether it had it before. */
  store(raw: Raw): Promise<{ readonly duplicate: boolean }>;
}

export async function connectRaw(
  { broker }: TestSpace,
  { auth, card }: Pick<EndpointOptions, "auth" | "card">,
): Promise<RawPeer> {
  if (auth.kind !== "creds" || typeof auth.creds !== "string") throw new Error("it takes a credential");
  const credential = parseCredential(auth.creds);
  const { id, keys } = credential;
  const connection = await broker.connect({
    authenticator: connectAuthenticator(credential),
    inboxPrefix: `_INBOX_${id}`,
    reconnect: false,
  });
  return {
    id,
    connection,
    compose: (draft, as) => {
      const sender = { space, id, name: card.name, ...as };
      return composeMessage(draft, sender, { now: Date.now(), maxBytes: 1024 ** 2 });
    },
    sign: (raw, ageMs = 0) => signed(keys, raw, ageMs),
    store: async ({ subject, bytes, headers: fields }) => {
      const set = headers();
      for (const [name, value] of Object.entries(fields)) set.set(name, value);
      const { data } = await connection.request(subject, bytes, { headers: set, timeout: 20_000 });
      const { error, duplicate = false } = JSON.parse(Buffer.from(data).toString());
      if (error) throw new Error(error.description);
      return { duplicate };
    },
  };
}

async function signed(keys: KeyPair, raw: Raw, ageMs: number): Promise<Raw> {
  const { subject } = raw;
  const bytes = Buffer.from(raw.bytes);
  const signature = await createSigner(keys, { now: () => Date.now() - ageMs }).sign({ subject, bytes });
  return { subject, bytes, headers: { ...raw.headers, ...signature } };
}

/** As it is sent by a program of another make: the stream cannot tell that it has it already. */
export function withoutDedupeId({ headers: { [header.dedupeId]: _, ...rest }, ...raw }: Raw): Raw {
  return { ...raw, headers: rest };
}
