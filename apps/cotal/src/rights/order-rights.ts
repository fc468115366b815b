import type { Rights } from "@cotal/registries";
import { CotalError, isToken } from "@cotal/subjects";
import type { Call } from "../command.ts";
import { withLock } from "../home/lock.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { readSeat, writeSeat } from "../seat/seat.ts";
import { changeOf, changeRights, type RightsChanged } from "./change-rights.ts";
import { type PeerWithRights, peerWithRights } from "./peer-rights.ts";
import { requireAuth } from "./revoke-peer.ts";
import { rightsLines } from "./rights-lines.ts";

type Name = "allowSubscribe" | "allowPublish" | "dryRun";

/** What `acl set` and `acl narrow` share; `allow` refuses an order that is not theirs. */
export async function orderRights(
  { host, options, words, step }: Call<Name, "peer">,
  allow: (order: { readonly peer: PeerWithRights; readonly after: Rights }) => void,
): Promise<Outcome> {
  requireOutsideSeat(host);
  const { allowSubscribe, allowPublish, dryRun = false } = options;
  if (allowSubscribe === undefined && allowPublish === undefined) throw nothingSaid();
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  const { files } = mesh;
  const signal = host.interrupted;
  step(`looking at ${words.peer}`);
  const change = async (): Promise<Outcome> => {
    const peer = await peerWithRights(mesh, words.peer, signal);
    if (peer.acl.retired === true) throw isRetired(peer);
    const before: Rights = { allowSubscribe: peer.acl.allowSubscribe, allowPublish: peer.acl.allowPublish };
    const after: Rights = {
      allowSubscribe: allowSubscribe ?? before.allowSubscribe,
      allowPublish: allowPublish ?? before.allowPublish,
    };
    allow({ peer, after });
    if (dryRun) return outcomeOf({ peer, before, after }, { change: changeOf({ before, after }) });
    const changed = await changeRights(mesh, { id: peer.id, before, after, signal, step });
    const seat = isToken(peer.name) ? await readSeat(files, peer.name) : undefined;
    if (seat?.id === peer.id) await writeSeat(files, { ...seat, ...after });
    return outcomeOf({ peer, before, after }, changed);
  };
  return await withLock(files.folder, change, { waitMs: 60_000, signal });
}

interface Ordered {
  readonly peer: PeerWithRights;
  readonly before: Rights;
  readonly after: Rights;
}

function outcomeOf({ peer, before, after }: Ordered, changed: Partial<RightsChanged>): Outcome {
  const { change, settled, credential } = changed;
  const isDry = !("credential" in changed);
  const done = isDry ? `would be ${change}` : change === "none" ? "unchanged" : change;
  const lines: Line[] = [[toned("good", String(done)), `  ${peer.name}`], ...rightsLines(after)];
  if (settled === "when-there-is-one") {
    lines.push([toned("dim", "backlog      "), "settled by the delivery daemon, once one runs"]);
  }
  if (!isDry && change !== "none" && credential === undefined) {
    lines.push([toned("warn", "credential   "), `its key is not here: mint it where it is, or anew`]);
  }
  const result = { id: peer.id, name: peer.name, before, after, change, settled, credential, dryRun: isDry };
  return { result, lines };
}

function nothingSaid(): CotalError {
  return new CotalError("usage", "it is not said what the peer may", {
    hint: "use --allow-subscribe and --allow-publish, with commas between channels; an empty text allows none",
  });
}

function isRetired({ id, name }: PeerWithRights): CotalError {
  return new CotalError("peer-retired", `${name} was retired, and has no rights any more`, {
    hint: `cotal mint ${name} makes a new peer of that name`,
    data: { id, name },
  });
}
