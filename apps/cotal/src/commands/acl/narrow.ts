import type { Rights } from "@cotal/registries";
import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../../command.ts";
import type { Outcome } from "../../report/reporter.ts";
import { isWithin } from "../../rights/change-rights.ts";
import { orderRights } from "../../rights/order-rights.ts";
import type { PeerWithRights } from "../../rights/peer-rights.ts";

type Name = "allowSubscribe" | "allowPublish" | "dryRun";

export const definition: Definition<Name, "peer"> = {
  options: ["allowSubscribe", "allowPublish", "dryRun"],
  arguments: ["peer"],
  details: [
    "Takes rights away and gives none: its credential is revoked and its connections are cut, what waits for it",
    "outside of its rights is removed, and then it gets a new credential, in the place of the one it had.",
  ],
};

export function run(call: Call<Name, "peer">): Promise<Outcome> {
  return orderRights(call, requireNarrower);
}

function requireNarrower({ peer, after }: { readonly peer: PeerWithRights; readonly after: Rights }): void {
  if (isWithin(after, peer.acl)) return;
  throw new CotalError("rights-differ", `that would give ${peer.name} more than it has`, {
    hint: `cotal acl show ${peer.name} shows what it has; cotal acl set gives more`,
    data: { is: peer.acl, asked: after },
  });
}
