import {
  createSpaceTrust,
  createTrust,
  type Minted,
  type MintOrder,
  mint,
  mintSystem,
  type SpaceTrust,
  type SystemRequests,
  type Trust,
} from "@cotal/trust";
import { connectAuthenticator, parseCredential } from "@cotal/wire";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { startTestBroker, type TestBroker } from "./test-broker.ts";

/** A broker in operator mode with one space. */
export interface SpaceBroker extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly trust: Trust;
  readonly space: SpaceTrust;
  /** Over a connection of a revoker that was minted for it. */
  readonly system: SystemRequests;
  /** Connects as the holder of a credential; rejects when the broker refuses it. */
  connect(minted: Minted, options?: ConnectionOptions): Promise<NatsConnection>;
  mint(order: Partial<MintOrder>): Minted;
}

const GiB = 1024 ** 3;

export async function startSpaceBroker(
  change: (made: { trust: Trust; space: SpaceTrust }) => { trust: Trust; space: SpaceTrust } = (made) => made,
): Promise<SpaceBroker> {
  const made = createTrust({ name: "test", at: Date.now() });
  const options = { space: "acme", shards: 2, storageBytes: 8 * GiB };
  const { trust, space } = change({ trust: made, space: createSpaceTrust(made, options, Date.now()) });
  const { system, operator } = trust;
  const broker = await startTestBroker({
    operator: {
      operatorJwt: operator.jwt,
      systemAccount: system.account,
      accounts: { [system.account]: system.jwt, [space.account]: space.jwt },
    },
  });
  const connect = (minted: Minted, more: ConnectionOptions = {}): Promise<NatsConnection> =>
    connectTo(broker, minted, more);
  return {
    broker,
    trust,
    space,
    system: {
      request: async (subject, payload) => {
        const revoker = await connect(mintSystem(trust, { profile: "revoker", name: "test" }, Date.now()));
        const answer = await revoker.request(subject, payload, { timeout: 10_000 });
        await revoker.close();
        return answer.string();
      },
    },
    connect,
    mint: (order) => mint(space, { profile: "agent", name: "alice", ...order }, Date.now()),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

function connectTo(
  broker: TestBroker,
  { creds, id }: Minted,
  more: ConnectionOptions,
): Promise<NatsConnection> {
  return broker.connect({
    authenticator: connectAuthenticator(parseCredential(creds.reveal())),
    inboxPrefix: `_INBOX_${id}`,
    reconnect: false,
    ...more,
  });
}
