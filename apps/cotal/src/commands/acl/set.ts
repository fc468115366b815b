import type { Call, Definition } from "../../command.ts";
import type { Outcome } from "../../report/reporter.ts";
import { orderRights } from "../../rights/order-rights.ts";

type Name = "allowSubscribe" | "allowPublish" | "dryRun";

export const definition: Definition<Name, "peer"> = {
  options: ["allowSubscribe", "allowPublish", "dryRun"],
  arguments: ["peer"],
  details: [
    "What is given takes the place of what it had; the side that is not named stays. When something is taken",
    "away, the peer is cut off for a moment, as by cotal acl narrow.",
  ],
};

export function run(call: Call<Name, "peer">): Promise<Outcome> {
  return orderRights(call, () => undefined);
}
