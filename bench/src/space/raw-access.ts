import { type SpaceTrust, signJwt } from "@cotal/trust";
import {
  connectAuthenticator,
  formatCredential,
  generateSeed,
  keyPairFromSeed,
  parseCredential,
} from "@cotal/wire";
import { type Consumer, type JetStreamOptions, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

/** How the bare client reaches a broker, in a form that can be handed to another process. */
export interface RawAccess {
  readonly url: string;
  /** The text of a credential, where the broker asks for one. */
  readonly creds?: string;
  /** Under what it asks the API of the streams, where that is not the broker's own place. */
  readonly apiRoot?: string;
}

export function connectRaw({ url, creds }: RawAccess): Promise<NatsConnection> {
  return connect({
    servers: url,
    name: "raw",
    reconnect: false,
    ...(creds !== undefined && { authenticator: connectAuthenticator(parseCredential(creds)) }),
  });
}

export function jetStreamOptions({ apiRoot }: RawAccess): JetStreamOptions {
  return apiRoot === undefined ? {} : { apiPrefix: apiRoot };
}

/** A consumer to take from. It listens at the broker's own place, wherever the rest of the API is asked. */
export async function bindRaw(
  connection: NatsConnection,
  access: RawAccess,
  { stream, consumer }: RawQueue,
): Promise<Consumer> {
  const manager = await jetstreamManager(connection, { ...jetStreamOptions(access), checkAPI: false });
  const info = await manager.consumers.info(stream, consumer);
  return jetstream(connection).consumers.getConsumerFromInfo(info);
}

export interface RawQueue {
  readonly stream: string;
  readonly consumer: string;
}

/** A credential of a user of the space's account whom nothing restricts: no profile gives that. */
export function mintRaw({ account, keys: { tools } }: SpaceTrust): string {
  if (!tools) throw new Error("the space was not made here");
  const seed = generateSeed("user");
  const jwt = signJwt(
    {
      kind: "user",
      name: "raw",
      subject: keyPairFromSeed(seed).publicKey,
      body: { issuer_account: account, subs: -1, data: -1, payload: -1 },
      issuedAt: Math.floor(Date.now() / 1000),
    },
    tools,
  );
  return formatCredential({ jwt, seed });
}
