import type { Rights } from "@cotal/registries";
import { CotalError } from "@cotal/subjects";
import type { Call } from "../command.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { rightsLines } from "./rights-lines.ts";
import { type RightsSet, type RightsWish, setRights } from "./set-rights.ts";

type Name = "allowSubscribe" | "allowPublish" | "dryRun";

/** What `acl set` and `acl narrow` share; `allow` refuses an order that is not theirs. */
export async function orderRights(
  { host, options, words, step }: Call<Name, "peer">,
  allow: NonNullable<RightsWish["allow"]>,
): Promise<Outcome> {
  requireOutsideSeat(host);
  const { allowSubscribe, allowPublish, dryRun = false } = options;
  if (allowSubscribe === undefined && allowPublish === undefined) throw nothingSaid();
  const given: Partial<Rights> = {
    ...(allowSubscribe !== undefined && { allowSubscribe }),
    ...(allowPublish !== undefined && { allowPublish }),
  };
  const mesh = await openRunningMesh(host);
  step(`looking at ${words.peer}`);
  const wish = { target: words.peer, given, allow, dryRun, signal: host.interrupted, step };
  return outcomeOf(await setRights(mesh, wish));
}

function outcomeOf({ peer, before, after, change, changed }: RightsSet): Outcome {
  const isDry = changed === undefined;
  const done = isDry ? `would be ${change}` : change === "none" ? "unchanged" : change;
  const lines: Line[] = [[toned("good", done), `  ${peer.name}`], ...rightsLines(after)];
  if (changed?.settled === "when-there-is-one") {
    lines.push([toned("dim", "backlog      "), "settled by the delivery daemon, once one runs"]);
  }
  if (!isDry && change !== "none" && changed.credential === undefined) {
    lines.push([toned("warn", "credential   "), "its key is not here: mint it where it is, or anew"]);
  }
  const { settled, credential } = changed ?? {};
  const result = { id: peer.id, name: peer.name, before, after, change, settled, credential, dryRun: isDry };
  return { result, lines };
}

function nothingSaid(): CotalError {
  return new CotalError("usage", "it is not said what the peer may", {
    hint: "use --allow-subscribe and --allow-publish, with commas between channels; an empty text allows none",
  });
}
