import {
  aclRegistry,
  directoryRegistry,
  openRegistry,
  type PeerOrder,
  provisionPeer,
} from "@cotal/registries";
import { asChannelPattern, asToken } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret, type Minted, type MintOrder } from "@cotal/trust";
import { withSession } from "./link.ts";
import type { SpaceBroker } from "./space-broker.ts";

/** Makes an agent of a space that is set up, with all that it needs, as a provisioner does. */
export async function provisionAgent(fixture: SpaceBroker, order: MintOrder): Promise<Minted> {
  const [minted] = await provisionAgents(fixture, [order]);
  if (!minted) throw new Error("one was ordered");
  return minted;
}

/** Many of them over one connection. */
export async function provisionAgents(
  fixture: SpaceBroker,
  orders: readonly MintOrder[],
): Promise<readonly Minted[]> {
  const { broker, space: trust, mint } = fixture;
  const provisioner = mint({ profile: "provisioner", name: "provisioner" });
  return await withSession(
    broker.url,
    async (session) => {
      const { space } = trust;
      const open = (registry: "acl" | "directory") => ({
        space,
        id: provisioner.id,
        secret: ingestSecret(trust, ingestOfRegistry(trust, registry)),
      });
      const acl = await openRegistry(session, aclRegistry, open("acl"));
      const directory = await openRegistry(session, directoryRegistry, open("directory"));
      const made: Minted[] = [];
      for (const order of orders) {
        const minted = mint(order);
        const office = { session, space, acl, directory };
        made.push(await provisionPeer(office, peerOf(order, minted), async () => minted));
      }
      return made;
    },
    { as: provisioner },
  );
}

function peerOf(
  { name, role, allowSubscribe = [], allowPublish = [] }: MintOrder,
  { id }: Minted,
): PeerOrder {
  const rights = {
    allowSubscribe: allowSubscribe.map(asChannelPattern),
    allowPublish: allowPublish.map(asChannelPattern),
  };
  return { id, name, kind: "agent", ...rights, ...(role !== undefined && { role: asToken("role", role) }) };
}
