import { openLink } from "@cotal/harness";
import { type MemberRecord, membersRegistry, openRegistry } from "@cotal/registries";
import { asChannel, asOwnerId, registryKey } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret } from "@cotal/trust";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import type { DurableSpace } from "../space/bench-space.ts";
import { createLanes } from "./lanes.ts";

export interface Crowding {
  readonly memberships: number;
  /** Over which they are spread. */
  readonly channels: number;
}

const writesInFlight = 200;

/** Fills the registry with memberships of peers that never come, in channels in which nobody posts. */
export async function addIdleMembers(
  { trust }: DurableSpace,
  { memberships, channels }: Crowding,
): Promise<void> {
  const { space } = trust.space;
  const writer = trust.mint({ profile: "delivery", name: "filler" });
  const link = openLink(trust.broker.url, { as: writer });
  await link.start();
  try {
    if (!link.session) throw new Error("the link has started");
    const secret = ingestSecret(trust.space, ingestOfRegistry(trust.space, "members"));
    const members = await openRegistry(link.session, membersRegistry, { space, id: writer.id, secret });
    const lanes = createLanes(writesInFlight);
    const write = async (at: number): Promise<void> => {
      const record: MemberRecord = {
        v: 1,
        channel: asChannel(`idle.c${at % channels}`),
        owner: asOwnerId(publicFromSeed(generateSeed("user"))),
        state: "durable-active",
        joinCursor: 0,
        activated: true,
        generation: 1,
        writer: { holder: "bench", epoch: 0 },
        updatedAt: 0,
      };
      await members.put(registryKey.member(record.owner, record.channel), record, { expectedRevision: 0 });
    };
    await Promise.all(Array.from({ length: memberships }, (_, at) => lanes.run(() => write(at))));
  } finally {
    await link.stop();
  }
}
