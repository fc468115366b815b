import { createFeed } from "@cotal/delivery";
import {
  type Capability,
  createLink,
  errorFields,
  type Link,
  type Log,
  noFaultPoints,
  systemClock,
} from "@cotal/session";
import { ingestSecret, mint, mintSystem } from "@cotal/trust";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { type ServiceIdentity, serviceIdentity } from "./service-identity.ts";

/** Shows where everybody is, while this daemon leads the first shard. What goes wrong with it touches nothing else. */
export interface FeedHost {
  start(): void;
  stop(): Promise<void>;
}

export function createFeedHost(mesh: RunningMesh, log: Log): FeedHost {
  let links: readonly Link[] = [];
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work).catch((error) => {
      log({ level: "warn", event: "feed.failed", fields: errorFields(error) });
    });
    return turn;
  };
  const close = async (): Promise<void> => {
    const open = links;
    links = [];
    await Promise.all(open.map((link) => link.stop()));
  };
  return {
    start: () =>
      void inTurn(async () => {
        await close();
        links = linksOf(mesh, log);
        await Promise.all(links.map((link) => link.start({ retryFirst: true })));
      }),
    stop: async () => {
      // One that is still being started would be waited for.
      await close();
      await inTurn(close);
    },
  };
}

/** Two, because a connection belongs to one account: what the system sees, and what the space is shown. */
function linksOf(mesh: RunningMesh, log: Log): readonly Link[] {
  const { trust, space } = mesh;
  const now = systemClock.now;
  const hand = serviceIdentity((seed) => mint(space, { profile: "feed", name: "feed", ...seed }, now()));
  const order = { profile: "census", name: "census", account: space.account } as const;
  const eyes = serviceIdentity((seed) => mintSystem(trust, { ...order, ...seed }, now()));
  const feed = createFeed({
    space: space.space,
    account: space.account,
    id: hand.id,
    ingest: (resource) => ingestSecret(space, resource),
    clock: systemClock,
  });
  const link = ({ dial, credentials }: ServiceIdentity, capability: Capability): Link =>
    createLink({
      clock: systemClock,
      log: (entry) => log({ ...entry, fields: { link: capability.name, ...entry.fields } }),
      faults: noFaultPoints,
      credentials,
      capabilities: [capability],
      dial: { ...mesh.dial, name: `cotal ${capability.name}`, ...dial },
    });
  return [link(hand, feed.hand), link(eyes, feed.eyes)];
}
