import { createEngine } from "@cotal/delivery";
import { openLink } from "@cotal/harness";
import { ingestSecret } from "@cotal/trust";
import { type ClosedSpace, space } from "./space.ts";

/** A delivery daemon, which among other things tells everybody who beats. It outlives the broker. */
export async function startLeader({ fixture }: ClosedSpace): Promise<AsyncDisposable> {
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const engine = createEngine({
    space,
    self: { id: minted.id, name: "delivery" },
    ingest: (resource) => ingestSecret(fixture.space, resource),
    version: "0.0.0",
  });
  const link = openLink(fixture.broker.url, { as: minted, capabilities: [engine] });
  await link.start();
  return link;
}
